/** Listeners that are with the real process until the application is staged, and with nobody but the test from then on. */
export class Registrations<T> {
  private readonly entries = new Set<{ readonly listener: T; undo?: () => void }>();
  private staged = false;

  /** @param register puts one to the real process; returns the undo */
  constructor(private readonly register: (listener: T) => () => void) {}

  /** Returns the undo. */
  add(listener: T): () => void {
    const entry = { listener, undo: this.staged ? undefined : this.register(listener) };
    this.entries.add(entry);
    return () => this.remove(entry);
  }

  drop(isOne: (listener: T) => boolean): void {
    for (const entry of this.entries) if (isOne(entry.listener)) this.remove(entry);
  }

  all(): T[] {
    return [...this.entries].map(({ listener }) => listener);
  }

  stage(): void {
    this.staged = true;
    for (const entry of this.entries) {
      entry.undo?.();
      entry.undo = undefined;
    }
  }

  private remove(entry: { undo?: () => void }): void {
    if (this.entries.delete(entry as never)) entry.undo?.();
  }
}
