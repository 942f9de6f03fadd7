import { DuplicatePhaseError } from '../errors/duplicate-phase.error.js';
import { OrderCycleError } from '../errors/order-cycle.error.js';
import { UnknownPhaseError } from '../errors/unknown-phase.error.js';
import { PartialOrder } from './partial-order.js';
import type { Phase } from './phase.js';

/** The phases of a shutdown and which waits for which. */
export class PhaseGraph {
  /** Each phase after those it waits for. */
  readonly phases: readonly Phase[];
  private readonly byName: ReadonlyMap<string, Phase>;
  private readonly order: PartialOrder<string>;
  private readonly before: ReadonlyMap<string, readonly string[]>;
  private readonly after: ReadonlyMap<string, readonly string[]>;
  /** Found once for each: through diamonds there are more ways than anybody can go. */
  private readonly reserved = new Map<string, number>();
  private critical?: readonly Phase[];

  /** @throws DuplicatePhaseError, UnknownPhaseError, OrderCycleError */
  constructor(given: readonly Phase[]) {
    this.byName = new Map(given.map((phase) => [phase.name, phase]));
    const names = given.map(({ name }) => name);
    const duplicate = names.find((name, index) => names.indexOf(name) < index);
    if (duplicate !== undefined) throw new DuplicatePhaseError(duplicate);

    this.order = new PartialOrder(names);
    for (const [index, phase] of given.entries()) {
      const { name, before = [] } = phase;
      for (const earlier of phase.after ?? (phase.before ? [] : names.slice(index - 1, index))) {
        this.put(earlier, name, name);
      }
      for (const later of before) this.put(name, later, name);
    }
    this.phases = this.order.sorted().map((name) => this.get(name));
    this.before = new Map(names.map((name) => [name, this.order.directlyBefore(name)]));
    this.after = new Map(
      names.map((name) => [
        name,
        names.filter((other) => this.directlyBefore(other).includes(name)),
      ]),
    );
  }

  get names(): readonly string[] {
    return this.phases.map(({ name }) => name);
  }

  has(name: string): boolean {
    return this.byName.has(name);
  }

  /** The names of the phases that one waits for, without those that another of them waits for. */
  directlyBefore(name: string): readonly string[] {
    return this.before.get(name) ?? [];
  }

  /** Whether the one is always over before the other begins. */
  precedes(earlier: string, later: string): boolean {
    return this.order.precedes(earlier, later);
  }

  /** What the phases after this one have reserved along the longest way to the end, in milliseconds. */
  reservedAfter(name: string): number {
    return Math.max(0, ...this.directlyAfter(name).map((next) => this.reservedFrom(next)));
  }

  /** The way from start to end on which most is reserved: what the budget must hold at least. */
  criticalPath(): readonly Phase[] {
    this.critical ??= this.longestPath(({ reserveMs, settleMs }) => reserveMs + settleMs);
    return this.critical;
  }

  /** The way from start to end that is longest, by what each phase weighs. */
  longestPath(weigh: (phase: Phase) => number): readonly Phase[] {
    const sum = (path: readonly Phase[]) => path.reduce((total, phase) => total + weigh(phase), 0);
    const longer = (one: readonly Phase[], other: readonly Phase[]) =>
      one.length === 0 || sum(other) > sum(one) ? other : one;
    const paths = new Map<string, readonly Phase[]>();
    for (const phase of this.phases.toReversed()) {
      const tails = this.directlyAfter(phase.name).map((next) => paths.get(next) ?? []);
      paths.set(phase.name, [phase, ...tails.reduce<readonly Phase[]>(longer, [])]);
    }
    const starts = this.phases.filter(({ name }) => this.directlyBefore(name).length === 0);
    return starts.map(({ name }) => paths.get(name) ?? []).reduce<readonly Phase[]>(longer, []);
  }

  private reservedFrom(name: string): number {
    let reserved = this.reserved.get(name);
    if (reserved === undefined) {
      const { reserveMs, settleMs } = this.get(name);
      reserved = reserveMs + settleMs + this.reservedAfter(name);
      this.reserved.set(name, reserved);
    }
    return reserved;
  }

  private directlyAfter(name: string): readonly string[] {
    return this.after.get(name) ?? [];
  }

  private put(earlier: string, later: string, by: string): void {
    for (const name of [earlier, later]) {
      if (!this.byName.has(name)) {
        throw new UnknownPhaseError(name, `The phase '${by}'`, [...this.byName.keys()]);
      }
    }
    const contradiction = this.order.add(earlier, later);
    if (contradiction) throw new OrderCycleError('phases', [earlier, ...contradiction]);
  }

  private get(name: string): Phase {
    return this.byName.get(name) as Phase;
  }
}
