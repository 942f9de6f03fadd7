import type { Clock } from '../time/clock.js';

/** Probers of the platform and of monitoring: none of them sends traffic here. */
const NO_BALANCERS = ['kube-probe/', 'Prometheus/', 'Blackbox Exporter/', 'curl/', 'Wget/'];

/** A load balancer asks more often than this, in milliseconds; what is slower watches. */
const LONGEST_PERIOD_MS = 60_000;
/** So many intervals in a row have to be alike; a person who reloads a page is not steady. */
const STEADY_INTERVALS = 4;
/** Intervals are alike when they differ by at most this share of their median, or by so many milliseconds. */
const STEADY_SHARE = 0.2;
const STEADY_MS = 150;
/** So many balancers that check at the same period behind one address can be told apart. */
const MOST_BEHIND_ONE = 8;
const MEMORY = MOST_BEHIND_ONE + STEADY_INTERVALS;
/** So many addresses are remembered; the one that has been silent for longest goes. */
const MOST_ADDRESSES = 64;
/** From its last failure until a balancer sends nothing any more, in milliseconds. */
const ACTS_WITHIN_MS = 300;
/** One that has not asked for so many periods is gone. */
const GONE_AFTER_PERIODS = 3;

/** What is known of one address that asks the readiness probe. */
interface Prober {
  readonly address: string;
  /** When it asked, on the clock; the last ones only. */
  readonly asks: number[];
  /** How many times in a row it has been told no, and when that began to suffice. */
  failures: number;
  enoughAt?: number;
  /** Milliseconds between two questions of one balancer, and how many there are behind this address. */
  rhythm?: { readonly periodMs: number; readonly balancers: number };
}

/** A load balancer that learns of the end by its own probes, as it was found. */
export interface ProbingBalancer {
  readonly address: string;
  readonly periodMs: number;
  /** The longest time from the first failing answer that it needs to act on them, in milliseconds. */
  readonly learnsWithinMs: number;
}

/**
 * Load balancers that ask the readiness probe themselves (HAProxy, Envoy, those of clouds) send traffic until they have met
 * some failures in a row, and nobody else tells them. They are known by asking at a steady period.
 */
export class BalancerProbes {
  private readonly probers = new Map<string, Prober>();

  constructor(
    private readonly clock: Clock,
    /** How many failures in a row take a replica out; 0 waits for nobody. */
    private readonly failures: number,
    /** Told of each balancer, once, when its period is known. */
    private readonly found: (balancer: ProbingBalancer) => void = () => undefined,
  ) {}

  /** Somebody has asked whether this service is ready, and was answered. */
  asked(address: string | undefined, userAgent: string | undefined, ready: boolean): void {
    if (this.failures === 0 || address === undefined) return;
    if (NO_BALANCERS.some((prefix) => userAgent?.startsWith(prefix))) return;
    const now = this.clock.now();
    const prober = this.proberAt(address);
    prober.asks.push(now);
    if (prober.asks.length > MEMORY) prober.asks.shift();
    this.learn(prober);
    prober.failures = ready ? 0 : prober.failures + 1;
    if (ready || prober.failures < this.needed(prober)) prober.enoughAt = undefined;
    else prober.enoughAt ??= now;
  }

  /** How many balancers ask here, and how many of them have been told no as often as they need. */
  get state(): { readonly known: number; readonly told: number } {
    const known = this.present();
    return { known: known.length, told: known.filter(({ enoughAt }) => enoughAt).length };
  }

  /**
   * When all of them will have learned that this service is not ready, on the clock: a forecast while one has not met its
   * failures, to be asked for again then. 0 when there are none.
   */
  learnedBy(): number {
    return Math.max(0, ...this.present().map((prober) => this.learnsAt(prober)));
  }

  private learnsAt(prober: Prober): number {
    const { asks, failures, enoughAt, rhythm } = prober;
    if (enoughAt !== undefined) return enoughAt + ACTS_WITHIN_MS;
    const { periodMs = 0, balancers = 1 } = rhythm ?? {};
    const rounds = Math.ceil((this.needed(prober) - failures) / balancers);
    const forecast = (asks.at(-1) ?? 0) + rounds * periodMs;
    return Math.max(forecast, this.clock.now()) + ACTS_WITHIN_MS;
  }

  private needed({ rhythm }: Prober): number {
    return this.failures * (rhythm?.balancers ?? 1);
  }

  private present(): Prober[] {
    const now = this.clock.now();
    return [...this.probers.values()].filter(({ rhythm, asks }) => {
      return rhythm && now - (asks.at(-1) ?? 0) <= rhythm.periodMs * GONE_AFTER_PERIODS;
    });
  }

  private learn(prober: Prober): void {
    const known = prober.rhythm !== undefined;
    prober.rhythm = rhythmOf(prober.asks) ?? prober.rhythm;
    if (known || !prober.rhythm) return;
    const { periodMs } = prober.rhythm;
    const learnsWithinMs = this.failures * periodMs + ACTS_WITHIN_MS;
    this.found({ address: prober.address, periodMs, learnsWithinMs });
  }

  private proberAt(address: string): Prober {
    const known = this.probers.get(address);
    const prober = known ?? { address, asks: [], failures: 0 };
    // Last in the map is who has asked last.
    this.probers.delete(address);
    this.probers.set(address, prober);
    const [oldest] = this.probers.keys();
    if (this.probers.size > MOST_ADDRESSES && oldest !== undefined) this.probers.delete(oldest);
    return prober;
  }
}

/** The period of one balancer, or of several that take turns behind one address: then every so-manieth question is steady. */
function rhythmOf(asks: readonly number[]): Prober['rhythm'] {
  for (let balancers = 1; balancers <= MOST_BEHIND_ONE; balancers += 1) {
    const intervals = asks.slice(balancers).map((at, index) => at - (asks[index] ?? at));
    if (intervals.length < STEADY_INTERVALS) return undefined;
    const sorted = intervals.toSorted((one, other) => one - other);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    const spread = Math.max(STEADY_MS, median * STEADY_SHARE);
    const steady = sorted.every((interval) => Math.abs(interval - median) <= spread);
    if (steady && median <= LONGEST_PERIOD_MS) return { periodMs: median, balancers };
  }
  return undefined;
}
