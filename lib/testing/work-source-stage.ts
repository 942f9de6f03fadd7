import { ContractViolationError } from './contract-violation.error.js';
import type { Integration, WorkInFlight } from '../engine/integration.js';
import { systemClock } from '../time/system-clock.js';
import { expectEqual, fail } from './expectation.js';
import type { IntegrationRig, PieceFate, WorkSourceApp } from './integration-rig.js';
import { Pieces } from './pieces.js';
import { RecordedIntegration } from './recorded-integration.js';

const PATIENCE_MS = 4_000;

/** One application of a rig, with its sources taken as one, and the waits that a test of it needs. */
export class WorkSourceStage {
  readonly pieces = new Pieces();
  private readonly recorded: RecordedIntegration;
  private readonly aborts = new Set<AbortController>();
  private app!: WorkSourceApp;
  private closing?: Promise<unknown>;

  private constructor(private readonly rig: IntegrationRig) {
    this.recorded = new RecordedIntegration(rig.integration);
  }

  static async open(rig: IntegrationRig): Promise<WorkSourceStage> {
    const stage = new WorkSourceStage(rig);
    const integrations: Integration[] = [stage.recorded];
    stage.app = await rig.start({ integrations, work: stage.pieces.run });
    return stage;
  }

  get sources() {
    return this.recorded.sources;
  }

  // -- the source ------------------------------------------------------------------------------------------------

  inFlight(): WorkInFlight[] {
    return this.sources.flatMap((source) => [...source.inFlight()]);
  }

  async stopTaking(): Promise<void> {
    await this.all('stopTaking()', (source) => source.stopTaking());
  }

  async takeAgain(): Promise<void> {
    await this.all('takeAgain()', (source) => source.takeAgain?.());
  }

  async release(): Promise<void> {
    await this.all('release()', (source) => source.release?.());
  }

  /** `finished()` of all, with a signal of its own. */
  finished(): Finished {
    const abort = new AbortController();
    this.aborts.add(abort);
    const { patienceMs = PATIENCE_MS } = this.rig;
    const call = async () => {
      await Promise.all(this.sources.map((source) => source.finished(abort.signal, patienceMs)));
    };
    return new Finished(call(), abort);
  }

  private all(
    what: string,
    call: (source: WorkSourceStage['sources'][number]) => unknown,
  ): Promise<unknown> {
    const calls = this.sources.map(async (source) => call(source));
    return this.within(what, Promise.all(calls));
  }

  // -- its work --------------------------------------------------------------------------------------------------

  async offer(piece: string): Promise<void> {
    await this.within(`offer('${piece}') of the rig`, Promise.resolve(this.app.offer(piece)));
  }

  /** Offers pieces, and waits for each to begin. */
  async begin(...pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await this.offer(piece);
      await this.begun(piece);
    }
  }

  async begun(piece: string): Promise<void> {
    await this.eventually(`'${piece}' to begin`, () => this.pieces.begun.includes(piece));
  }

  expectBegun(...pieces: readonly string[]): void {
    expectEqual('what has begun', this.pieces.begun, pieces);
  }

  async fate(piece: string, expected: PieceFate): Promise<void> {
    let seen: PieceFate | undefined;
    await this.eventually(
      `'${piece}' to be ${expected}`,
      async () => (seen = await this.app.fateOf(piece)) === expected,
      () => `it is ${seen ?? 'unknown'}`,
    );
  }

  // -- waits -----------------------------------------------------------------------------------------------------

  async eventually(
    what: string,
    condition: () => boolean | Promise<boolean>,
    last: () => string = () => 'it did not come',
  ): Promise<void> {
    const { patienceMs = PATIENCE_MS } = this.rig;
    const end = systemClock.now() + patienceMs;
    while (!(await condition())) {
      if (systemClock.now() > end) fail(`expected ${what} within ${patienceMs} ms; ${last()}`);
      await pause(2);
    }
  }

  async inFlightBecomes(count: number): Promise<void> {
    await this.eventually(
      `inFlight() to have ${count}`,
      () => this.inFlight().length === count,
      () => `it has ${this.inFlight().length}`,
    );
  }

  /** Time for what must not happen. */
  async quiet(): Promise<void> {
    await pause(this.rig.quietMs ?? 50);
  }

  async within<T>(what: string, promise: Promise<T>): Promise<T> {
    const { patienceMs = PATIENCE_MS } = this.rig;
    let timer!: ReturnType<typeof systemClock.setTimeout>;
    const limit = new Promise<never>((_resolve, reject) => {
      timer = systemClock.setTimeout(
        () =>
          reject(new ContractViolationError(`expected ${what} to be done within ${patienceMs} ms`)),
        patienceMs,
      );
    });
    try {
      return await Promise.race([promise, limit]);
    } finally {
      systemClock.clearTimeout(timer);
    }
  }

  // -- its end ---------------------------------------------------------------------------------------------------

  close(): Promise<unknown> {
    this.closing ??= this.app.close();
    return this.closing;
  }

  /** Resolves when an application that closes waits for its sources, or would have to. */
  async draining(): Promise<void> {
    await this.eventually(
      'the application to ask for the end of its work',
      () => this.recorded.asked,
    );
  }

  /** Ends whatever a test has left. */
  async end(): Promise<void> {
    for (const abort of this.aborts) abort.abort();
    this.pieces.finishAll();
    await this.within('close() of the rig', this.close());
  }
}

/** What `finished()` has given. */
export class Finished {
  private settled = false;

  constructor(
    readonly promise: Promise<void>,
    private readonly controller: AbortController,
  ) {
    const settle = () => (this.settled = true);
    promise.then(settle, settle);
  }

  abort(): void {
    this.controller.abort();
  }

  expectPending(when: string): void {
    expectEqual(`finished() ${when}`, this.settled ? 'settled' : 'pending', 'pending');
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.setTimeout(resolve, ms));
}
