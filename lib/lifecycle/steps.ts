/** Runs the steps of an end: one that fails is told of, and those that come after it have their turn all the same. */
export class Steps {
  private hasFailed = false;

  constructor(private readonly tell: (error: unknown) => void) {}

  /** Whether any step has failed. */
  get failed(): boolean {
    return this.hasFailed;
  }

  /** A step that is over when it returns; whether it has succeeded. */
  now(step: () => void): boolean {
    try {
      step();
      return true;
    } catch (error) {
      this.note(error);
      return false;
    }
  }

  /** Never rejects; undefined when the step has failed. */
  async wait<T>(step: () => Promise<T>): Promise<T | undefined> {
    try {
      return await step();
    } catch (error) {
      this.note(error);
      return undefined;
    }
  }

  private note(error: unknown): void {
    this.hasFailed = true;
    this.tell(error);
  }
}
