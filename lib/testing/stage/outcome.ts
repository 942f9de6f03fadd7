import type { ShutdownReport } from '../../engine/record.js';
import type { RequestRecord } from './client.js';
import { ExpectationError } from './errors.js';
import type { Left } from './leftovers.js';
import type { TaskRecord } from './recorder.js';

/** What a staged shutdown did. */
export interface OutcomeData {
  readonly report: ShutdownReport;
  /** The code the process would have ended with; undefined when it would have gone on. */
  readonly exitCode: number | undefined;
  /** From the reason to the end, in milliseconds of its time. */
  readonly elapsedMs: number;
  readonly gracePeriodMs: number;
  /** Hooks, decorated methods and the package's own tasks, in the order in which they began. */
  readonly tasks: readonly TaskRecord[];
  /** @internal */
  readonly sequence: readonly string[];
  /** What the clients saw, in the order in which they asked. */
  readonly requests: readonly RequestRecord[];
  readonly left: Left;
}

/** Hooks of Nest, by which connections are closed. */
const CLOSING = /\.(onModuleDestroy|beforeApplicationShutdown|onApplicationShutdown)$/;
/** Environment variables whose values are nobody's business. */
const SECRET = /SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|API_?KEY|PRIVATE/i;
const SHORTEST_SECRET = 6;
/** A URL with a password in it. */
const PASSWORD_IN_URL = /[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:(?!\*+@)[^/\s@]+@/i;

/**
 * What a staged shutdown did, and what can be expected of it. Each expectation reads the record, returns the outcome, so
 * that the next can follow, and throws an `ExpectationError` with what was expected and what came.
 *
 * @publicApi
 */
export class ShutdownOutcome implements OutcomeData {
  readonly report: ShutdownReport;
  readonly exitCode: number | undefined;
  readonly elapsedMs: number;
  readonly gracePeriodMs: number;
  readonly tasks: readonly TaskRecord[];
  /** @internal */
  readonly sequence: readonly string[];
  readonly requests: readonly RequestRecord[];
  readonly left: Left;

  /** @internal */
  constructor(data: OutcomeData) {
    this.report = data.report;
    this.exitCode = data.exitCode;
    this.elapsedMs = data.elapsedMs;
    this.gracePeriodMs = data.gracePeriodMs;
    this.tasks = data.tasks;
    this.sequence = data.sequence;
    this.requests = data.requests;
    this.left = data.left;
  }

  /** The process would have ended with this code. */
  expectExitCode(code: number): this {
    const why = this.report.outcome === 'forced' ? `\n${String(this.report)}` : '';
    return this.check(this.exitCode === code, `exit code ${code}`, `${this.exitCode}${why}`);
  }

  /** Everything finished: nothing was cut, timed out or failed critically. */
  expectClean(): this {
    return this.check(this.report.outcome === 'clean', 'a clean shutdown', String(this.report));
  }

  /** Every request was answered, and not with a 5xx. */
  expectNothingLost(): this {
    const lost = this.requests
      .filter(({ status = 0, probe }) => !probe && (status === 0 || status >= 500))
      .map(({ name, status, error }) => `${name}: ${status ?? error ?? 'no answer'}`);
    return this.check(lost.length === 0, 'no request to be lost', lost.join('; '));
  }

  /**
   * Each of these was over before the next began: `Class.hook`, `Class@method`, or names as the report has them.
   */
  expectOrder(...names: readonly string[]): this {
    const [, ...next] = names;
    for (const [index, later] of next.entries()) {
      const earlier = names[index] ?? '';
      const ended = this.placeOf('-', earlier);
      const began = this.placeOf('+', later);
      const came = `${later} began ${ended === -1 ? `, and ${earlier} has never ended` : 'before that'}`;
      this.check(ended !== -1 && ended < began, `${earlier} to be over before ${later}`, came);
    }
    return this;
  }

  /**
   * No hook of Nest began while anything was in flight, and nothing in flight was refused, cut or left behind. With names,
   * the same for these tasks, whatever they are.
   */
  expectNothingClosedUnderWork(...names: readonly string[]): this {
    const { unfinished } = this.report;
    const left = unfinished.map(({ name, fate }) => `${name} was ${fate}`);
    const early = this.tasks
      .filter(({ name }) => CLOSING.test(name) || names.includes(name))
      .filter(({ inFlight }) => inFlight.length > 0)
      .map(({ name, inFlight }) => `${name} began while ${inFlight.join(', ')} ran`);
    for (const name of names) this.placeOf('+', name);
    const said = [...early, ...left];
    return this.check(said.length === 0, 'nothing to be closed under work', said.join('; '));
  }

  /** It was over within the grace period, or within so many milliseconds. */
  expectWithin(ms = this.gracePeriodMs): this {
    return this.check(this.elapsedMs <= ms, `an end within ${ms} ms`, `${this.elapsedMs} ms`);
  }

  /** No timer, listener or handle is left of the application. */
  expectNothingLeft(): this {
    const { timers, listeners, resources } = this.left;
    const said = [
      ...(timers > 0 ? [`${timers} timers of the module`] : []),
      ...(listeners.length > 0 ? [`listeners: ${listeners.join(', ')}`] : []),
      ...(resources.length > 0 ? [`kept alive by: ${resources.join(', ')}`] : []),
    ];
    return this.check(said.length === 0, 'nothing to be left', said.join('; '));
  }

  /**
   * Neither these values are in the report, nor any password in a URL, nor the value of an environment variable whose name
   * says that it is secret.
   */
  expectNoSecrets(...values: readonly string[]): this {
    const text = `${JSON.stringify(this.report)}\n${String(this.report)}`;
    const named = Object.entries(process.env).filter(
      ([name, value = '']) => SECRET.test(name) && value.length >= SHORTEST_SECRET,
    );
    const found = [
      ...values.filter((value) => text.includes(value)).map((_value, at) => `value ${at + 1}`),
      ...named.filter(([, value = '']) => text.includes(value)).map(([name]) => `$${name}`),
      ...(PASSWORD_IN_URL.test(text) ? ['a URL with a password'] : []),
    ];
    return this.check(found.length === 0, 'no secret in the report', found.join(', '));
  }

  private placeOf(sign: '+' | '-', name: string): number {
    if (!this.sequence.includes(`+${name}`)) {
      const all = this.tasks.map((task) => task.name).join(', ');
      throw new ExpectationError(
        `No task of this shutdown is called '${name}'. There were: ${all}.`,
      );
    }
    return this.sequence.indexOf(`${sign}${name}`);
  }

  private check(holds: boolean, expected: string, came: string): this {
    if (!holds) throw new ExpectationError(`Expected ${expected}, got: ${came}`);
    return this;
  }
}
