import { isStoppingSignal } from '../options/option-checks.js';

/**
 * The signals that stop an application: those of `forRoot({ signals })`; else those that it has named in
 * `enableShutdownHooks([...])`, for what is not among them is its own, such as a reload on SIGHUP; else the default.
 */
export class StopSignals {
  private readonly named = new Set<NodeJS.Signals>();
  private all = false;

  constructor(
    private readonly byDefault: readonly NodeJS.Signals[],
    private readonly chosen: boolean,
  ) {}

  get current(): readonly NodeJS.Signals[] {
    if (this.chosen || this.all || this.named.size === 0) return this.byDefault;
    return [...this.named];
  }

  /** `enableShutdownHooks()` was called; without names it means all signals. */
  name(names: readonly string[]): void {
    if (names.length === 0) this.all = true;
    for (const name of names) if (isStoppingSignal(name)) this.named.add(name);
  }
}
