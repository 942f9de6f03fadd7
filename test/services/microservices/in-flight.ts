import { expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { manyTurns } from '../../support/many-turns.js';
import { KINDS, type Kind, type RpcApp } from './rpc-app.js';

export interface Rig {
  readonly app: RpcApp;
  readonly client: Client;
}

/** Answers that are lost are texts that say so. */
interface Client {
  /** `did ${name}` */
  ask(name: string, patienceMs?: number): Promise<string>;
  /** In two parts, the first at once. */
  parts(name: string, patienceMs?: number): Promise<string[] | string>;
  /** Without an answer. */
  tell(name: string): Promise<void>;
}

type Start = (options: {} | null, kind?: Kind) => Promise<Rig>;

/** Options for load balancers that need a moment to learn that it leaves. */
export const SLOW_TO_LEARN = {
  propagationFloorMs: 300,
  propagationCapMs: 4_000,
  propagationQuietMs: 1,
};

const NAMES = ['one', 'three', 'two'];

/** A question, an event, and a question with an answer in two parts, which have all begun. */
async function askAll({ app, client }: Rig) {
  const answers = [client.ask('one'), client.parts('two')];
  await client.tell('three');
  for (const name of NAMES) await app.work.begun(name);
  return answers;
}

/** What every transport keeps, and what each of them loses on plain Nest. */
export function itFinishesWhatIsInFlight(start: Start, lost: RegExp = /^lost/): void {
  async function finishLate({ app }: Rig): Promise<void> {
    await app.draining();
    for (const name of NAMES) {
      await manyTurns();
      expect(app.work.inFlightAtDestroy).toBeUndefined();
      app.work.finish(name);
    }
  }

  it.each(KINDS)('%s: what is in flight is answered', async (kind) => {
    const rig = await start({}, kind);
    const answers = await askAll(rig);

    const closing = rig.app.close();
    await finishLate(rig);

    expect(await Promise.all(answers)).toEqual(['did one', ['begun two', 'did two']]);
    await closing;
    expect(rig.app.work.inFlightAtDestroy).toBe(0);
    expect(rig.app.work.finished.toSorted()).toEqual(NAMES.toSorted());
    expect(rig.app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('a signal does the same', async () => {
    const rig = await start({});
    const answers = await askAll(rig);

    rig.app.signal();
    await finishLate(rig);

    expect(await Promise.all(answers)).toEqual(['did one', ['begun two', 'did two']]);
    await rig.app.exited();
    expect(rig.app.process.exits).toEqual([0]);
    expect(rig.app.work.inFlightAtDestroy).toBe(0);
  });

  it.each([
    ['question', 'shutdown'],
    ['question', 'close'],
    ['event', 'shutdown'],
  ])('%s: a handler that awaits its own %s() comes to its end', async (kind, how) => {
    const { app, client } = await start({});
    const call = how === 'close' ? () => app.close() : () => app.graceful.shutdown('asked for');
    app.work.awaits('own', call);
    const other = client.ask('one');
    await app.work.begun('one');
    const own = kind === 'event' ? client.tell('own') : client.ask('own');
    await app.draining();
    await manyTurns();
    expect(app.work.finished).toEqual([]);
    app.work.finish('one');

    expect(await other).toBe('did one');
    await app.graceful.shutdown('again');
    await eventually('the handler', () => app.work.finished.length === 2);
    expect(app.work.finished).toEqual(['one', 'own']);
    // What awaits the end of its own connection has nothing left to answer by, as on plain Nest.
    if (kind === 'question') expect(await own).toMatch(how === 'close' ? lost : /^did own$/);
    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });

  it('what has not finished at the deadline is named', async () => {
    const { app, client } = await start({ gracePeriodMs: 4_000, drainTimeoutMs: 50 });
    void client.ask('one');
    await app.work.begun('one');

    await app.close();

    expect(app.graceful.report?.unfinished).toMatchObject([
      { kind: 'message', name: expect.stringMatching(/question$|Ask$/), fate: 'abandoned' },
    ]);
  });

  it.each(KINDS)('the control: on plain Nest the reply of a %s is lost', async (kind) => {
    const { app, client } = await start(null, kind);
    const answer = client.ask('one', 200);
    await app.work.begun('one');

    await app.close();
    app.work.finish('one');

    expect(await answer).toMatch(lost);
    expect(app.work.inFlightAtDestroy).toBe(1);
  });
}
