/** Lines as they come, each of which can be awaited. */
export class Lines {
  readonly all: string[] = [];
  private wake: () => void = () => undefined;

  constructor(private readonly whose: string) {}

  add(line: string): void {
    this.all.push(line);
    this.wake();
  }

  /** The number of the first line from `from` on that matches; fails with all that was said when there is none for long. */
  async find(pattern: RegExp, from = 0): Promise<number> {
    const patience = AbortSignal.timeout(40_000);
    patience.addEventListener('abort', () => this.wake(), { once: true });
    for (;;) {
      const found = this.all.findIndex((line, index) => index >= from && pattern.test(line));
      if (found >= 0) return found;
      if (patience.aborted) {
        throw new Error(`no ${pattern} from ${this.whose}, which said\n${this.all.join('\n')}`);
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
