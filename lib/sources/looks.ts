/** Those who have asked to look once more at what the application has made. */
export class Looks {
  private readonly callbacks: Array<() => void> = [];

  add(callback: () => void): void {
    this.callbacks.push(callback);
  }

  /** Never throws: an object with a will of its own must not hold up a shutdown. */
  readonly take = (): void => {
    for (const look of this.callbacks) {
      try {
        look();
      } catch {
        // what it has not found does not take part
      }
    }
  };
}
