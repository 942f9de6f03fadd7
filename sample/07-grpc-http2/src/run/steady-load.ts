/** Why something was lost, and how often. */
export type Losses = Record<string, number>;

/** Asks at a steady rate, whether or not what it has asked is answered. */
export class SteadyLoad {
  asked = 0;
  readonly lost: Losses = {};
  private readonly open = new Set<Promise<void>>();
  private timer?: NodeJS.Timeout;

  /** An answer that fails says in its message why it is lost. */
  constructor(
    private readonly everyMs: number,
    private readonly ask: (number: number) => Promise<void>,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.next(), this.everyMs);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Resolves when all that was asked is answered or lost. */
  async settled(): Promise<void> {
    await Promise.all(this.open);
  }

  private next(): void {
    this.asked += 1;
    const one = this.ask(this.asked)
      .catch(({ message }: Error) => void (this.lost[message] = (this.lost[message] ?? 0) + 1))
      .then(() => void this.open.delete(one));
    this.open.add(one);
  }
}
