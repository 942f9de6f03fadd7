import { decoyHost } from './decoy-host.js';
import { expectEqual, expectThat } from './expectation.js';
import type { IntegrationRig } from './integration-rig.js';
import { WorkSourceStage } from './work-source-stage.js';

/** A test, for whatever runs tests: `it(name, run)`. */
export interface ContractCase {
  /** What must hold. */
  readonly name: string;
  /** @throws ContractViolationError that says what was expected and what came */
  readonly run: () => Promise<void>;
}

type Case = (stage: WorkSourceStage, rig: IntegrationRig) => Promise<void>;

/**
 * What every source of work promises to a shutdown (see `WorkSource`), as tests for yours, whatever runs them:
 *
 * ```ts
 * for (const { name, run } of integrationContract(rig)) it(name, run);
 * ```
 *
 * Each starts an application of its own by `rig.start`, drives its sources by hand, and closes it.
 *
 * @publicApi
 */
export function integrationContract(rig: IntegrationRig): ContractCase[] {
  return [...casesFor(rig)].map(([name, body]) => ({ name, run: () => staged(rig, body) }));
}

async function staged(rig: IntegrationRig, body: Case): Promise<void> {
  const stage = await WorkSourceStage.open(rig);
  try {
    await body(stage, rig);
  } catch (error) {
    await stage.end().catch(() => undefined); // the first failure is the one that tells
    throw error;
  }
  await stage.end();
}

function* casesFor({
  takesUntil = 'stopTaking',
  takesAgain = true,
  givesBack = false,
  concurrency = 2,
}: IntegrationRig): Iterable<readonly [name: string, body: Case]> {
  yield ['is found, by name, with nothing in flight', isFound];
  yield ['names what is in flight, with its age, until it is over', namesWhatIsInFlight];
  if (concurrency > 1) yield ['counts each piece that is in flight', countsEach];
  yield ['names hold nothing of what the work is about', namesHoldNoPayload];
  yield ['work that fails is over, and its failure is told', failuresAreTold];
  yield ['when idle it is stopped and finished at once', idleIsFinishedAtOnce];
  yield ['what runs goes on after stopTaking(), and finished() waits for it', finishedWaits];
  if (takesUntil === 'stopTaking') yield ['takes nothing after stopTaking()', takesNothing];
  if (takesUntil === 'finished')
    yield ['takes until finished(), and nothing after', takesUntilFinished];
  if (takesUntil === 'always') yield ['finished() waits for what begins meanwhile', waitsForLater];
  yield ['at its deadline finished() ends, and release() does not wait', endsAtItsDeadline];
  if (givesBack) yield ['release() gives back what could not finish', releaseGivesBack];
  if (takesAgain) yield ['takes again after takeAgain(), every time', takesAgainEveryTime];
  yield ['an application that closes waits for what runs', closeWaits];
  yield ['another application in the process is none of its business', keepsToItself];
  yield ['adds nothing and touches nothing where its library is not', isInert];
}

async function isFound(stage: WorkSourceStage): Promise<void> {
  expectThat(stage.sources.length > 0, 'attach() to add a source', stage.sources.length);
  for (const { name, kind } of stage.sources) {
    expectThat(typeof name === 'string' && name.trim() !== '', 'a name', name);
    expectThat(['message', 'job', 'work'].includes(kind), "'message', 'job' or 'work'", kind);
  }
  expectEqual('inFlight() of an idle source', stage.inFlight(), []);
}

async function namesWhatIsInFlight(stage: WorkSourceStage): Promise<void> {
  await stage.begin('one');
  const [first, ...others] = stage.inFlight();
  expectEqual('how many are in flight while one runs', others.length + (first ? 1 : 0), 1);
  const { name, ageMs = 0 } = first ?? {};
  expectThat(typeof name === 'string' && name.trim() !== '', 'a name for what runs', name);
  expectThat(Number.isFinite(ageMs) && ageMs >= 0, 'an age in milliseconds', ageMs);
  if (first?.ageMs !== undefined) {
    const age = () => stage.inFlight()[0]?.ageMs ?? 0;
    await stage.eventually(
      'the age to grow',
      () => age() > ageMs,
      () => `it is ${age()}`,
    );
  }
  stage.pieces.finish('one');
  await stage.fate('one', 'completed');
  await stage.inFlightBecomes(0);
}

async function countsEach(stage: WorkSourceStage): Promise<void> {
  await stage.begin('one', 'two');
  expectEqual('how many are in flight while two run', stage.inFlight().length, 2);
  stage.pieces.finish('one');
  await stage.inFlightBecomes(1);
  stage.pieces.finish('two');
  await stage.inFlightBecomes(0);
}

async function namesHoldNoPayload(stage: WorkSourceStage): Promise<void> {
  const secret = 'secret-4929';
  await stage.begin(secret);
  const names = [...stage.sources, ...stage.inFlight()].map(({ name }) => name);
  const telling = names.filter((name) => name.includes(secret));
  expectEqual('names with what the work is about', telling, []);
}

async function failuresAreTold(stage: WorkSourceStage): Promise<void> {
  await stage.begin('failing');
  stage.pieces.fail('failing');
  await stage.fate('failing', 'failed');
  await stage.inFlightBecomes(0);
  await stage.stopTaking();
  await stage.within('finished() after a failure', stage.finished().promise);
}

async function idleIsFinishedAtOnce(stage: WorkSourceStage): Promise<void> {
  await stage.stopTaking();
  await stage.within('finished() of an idle source', stage.finished().promise);
  const aborted = stage.finished();
  aborted.abort();
  await stage.within('finished() at an abort', aborted.promise);
  expectEqual('inFlight() of an idle source', stage.inFlight(), []);
}

async function finishedWaits(stage: WorkSourceStage, { concurrency = 2 }: IntegrationRig) {
  const pieces = concurrency > 1 ? ['one', 'two'] : ['one'];
  await stage.begin(...pieces);
  await stage.stopTaking();
  const finished = stage.finished();
  for (const [index, piece] of pieces.entries()) {
    await stage.quiet();
    finished.expectPending(`while ${pieces.length - index} run`);
    expectEqual('how many are in flight', stage.inFlight().length, pieces.length - index);
    stage.pieces.finish(piece);
    await stage.inFlightBecomes(pieces.length - index - 1);
  }
  await stage.within('finished() when all is over', finished.promise);
  for (const piece of pieces) await stage.fate(piece, 'completed');
}

async function takesNothing(stage: WorkSourceStage): Promise<void> {
  await stage.begin('one');
  await stage.stopTaking();
  await stage.offer('late');
  await stage.quiet();
  stage.expectBegun('one');
  stage.pieces.finish('one');
  await stage.fate('one', 'completed');
  await stage.within('finished()', stage.finished().promise);
  await stage.quiet();
  stage.expectBegun('one');
}

async function takesUntilFinished(stage: WorkSourceStage): Promise<void> {
  await stage.stopTaking();
  await stage.begin('one');
  const finished = stage.finished();
  await stage.quiet();
  await stage.offer('late');
  await stage.quiet();
  stage.expectBegun('one');
  finished.expectPending('while one runs');
  stage.pieces.finish('one');
  await stage.fate('one', 'completed');
  await stage.within('finished()', finished.promise);
  stage.expectBegun('one');
}

async function waitsForLater(stage: WorkSourceStage): Promise<void> {
  await stage.begin('one');
  await stage.stopTaking();
  const finished = stage.finished();
  await stage.begin('two');
  stage.pieces.finish('one');
  await stage.inFlightBecomes(1);
  await stage.quiet();
  finished.expectPending('while what began meanwhile runs');
  stage.pieces.finish('two');
  await stage.within('finished() when all is over', finished.promise);
}

async function endsAtItsDeadline(stage: WorkSourceStage): Promise<void> {
  await stage.begin('long');
  await stage.stopTaking();
  const finished = stage.finished();
  await stage.quiet();
  finished.expectPending('while one runs');
  finished.abort();
  await stage.within('finished() at its abort', finished.promise);
  expectEqual('how many are in flight at the deadline', stage.inFlight().length, 1);
  const late = stage.finished();
  late.abort();
  await stage.within('finished() with a signal that has aborted', late.promise);
  await stage.release();
}

async function releaseGivesBack(stage: WorkSourceStage): Promise<void> {
  await stage.begin('long');
  await stage.stopTaking();
  const finished = stage.finished();
  finished.abort();
  await stage.within('finished() at its abort', finished.promise);
  await stage.release();
  await stage.fate('long', 'waiting');
}

async function takesAgainEveryTime(stage: WorkSourceStage, { keeps }: IntegrationRig) {
  const without = stage.sources
    .filter((source) => source.takeAgain === undefined)
    .map(({ name }) => name);
  expectEqual('sources without takeAgain()', without, []);
  const rounds = [1, 2];
  for (const round of rounds) {
    await stage.stopTaking();
    await stage.within('finished() of an idle source', stage.finished().promise);
    if (keeps) await stage.offer(`kept ${round}`);
    await stage.takeAgain();
    if (keeps) await completes(stage, `kept ${round}`);
    await stage.offer(`again ${round}`);
    await completes(stage, `again ${round}`);
  }
}

async function completes(stage: WorkSourceStage, piece: string): Promise<void> {
  await stage.begun(piece);
  expectEqual('how many are in flight after takeAgain()', stage.inFlight().length, 1);
  stage.pieces.finish(piece);
  await stage.fate(piece, 'completed');
  await stage.inFlightBecomes(0);
}

async function closeWaits(stage: WorkSourceStage, { concurrency = 2 }: IntegrationRig) {
  const pieces = concurrency > 1 ? ['one', 'two'] : ['one'];
  await stage.begin(...pieces);
  let closed = false;
  const closing = stage.close().then(() => (closed = true));
  await stage.draining();
  await stage.quiet();
  for (const piece of pieces) {
    expectEqual('whether it is closed while work runs', closed, false);
    stage.pieces.finish(piece);
    await stage.fate(piece, 'completed');
  }
  await stage.within('close() when all is over', closing);
}

async function keepsToItself(stage: WorkSourceStage, rig: IntegrationRig): Promise<void> {
  const other = await WorkSourceStage.open(rig);
  try {
    await stage.begin('one');
    expectEqual('what is in flight in another application', other.inFlight(), []);
    await other.stopTaking();
    await other.within('finished() of another application', other.finished().promise);
    await other.within('close() of another application', other.close());
    stage.pieces.finish('one');
    await stage.fate('one', 'completed');
    await stage.begin('two');
    expectEqual('how many are in flight when another has closed', stage.inFlight().length, 1);
  } finally {
    await other.end();
  }
}

async function isInert(_stage: WorkSourceStage, { integration }: IntegrationRig): Promise<void> {
  integration.attach(decoyHost());
}
