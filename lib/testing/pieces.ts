/** Pieces of work that go on until somebody lets them end. */
export class Pieces {
  /** Their names, in the order in which they began; a piece that is delivered again is there again. */
  readonly begun: string[] = [];
  private over = false;
  private readonly ends = new Map<string, PromiseWithResolvers>();

  /** What the handler does. */
  readonly run = async (piece: string): Promise<void> => {
    this.begun.push(piece);
    if (this.over) return;
    await this.endOf(piece).promise;
  };

  /** Now, or as soon as it has begun. */
  finish(piece: string): void {
    this.endOf(piece).resolve();
  }

  fail(piece: string): void {
    this.endOf(piece).reject(
      new Error('a piece of work that fails, as the contract suite wants it to'),
    );
  }

  /** Those that run, and those to come. */
  finishAll(): void {
    this.over = true;
    for (const piece of this.begun) this.finish(piece);
  }

  private endOf(piece: string): PromiseWithResolvers {
    const known = this.ends.get(piece);
    if (known) return known;
    let resolve!: () => void;
    let reject!: (error: Error) => void;
    const promise = new Promise<void>((...settlers) => ([resolve, reject] = settlers));
    promise.catch(() => undefined); // a piece may be gone before it fails
    const end = { promise, resolve, reject };
    this.ends.set(piece, end);
    return end;
  }
}

/** Of ES2024, which not every supported Node has. */
interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}
