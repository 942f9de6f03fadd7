import { beforeEach, describe, expect, it } from '@jest/globals';
import { findClients } from '../../../lib/connections/find-clients.js';
import { HeldConnections } from '../../../lib/connections/held-connections.js';
import type { TaskContext } from '../../../lib/engine/task.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const GRACE_MS = 10_000;

let clock: VirtualClock;
let held: HeldConnections;
let warnings: string[];

beforeEach(() => {
  clock = new VirtualClock();
  warnings = [];
  held = new HeldConnections(clock, { say: ({ text }) => warnings.push(text) });
});

function context(): TaskContext {
  return {
    signal: new AbortController().signal,
    deadline: clock.now() + GRACE_MS,
    remainingMs: GRACE_MS,
    reason: { kind: 'close' },
    phase: 'close',
    whenAborted: () => undefined,
    unfinished: () => undefined,
    standAside: () => () => undefined,
  };
}

/** What of an ioredis client shows what it is at: its queues hold commands. */
class Redis {
  status = 'ready';
  commandQueue: object[] = [];
  offlineQueue: object[] = [];
  closedAt?: number;
  private end: () => void = () => undefined;
  readonly ended = new Promise<void>((resolve) => (this.end = resolve));

  quit(): void {
    this.disconnect();
  }

  duplicate(): Redis {
    return new Redis();
  }

  disconnect(): void {
    this.closedAt ??= clock.now();
    this.end();
  }
}

const read = { command: { name: 'blpop', args: ['jobs', '0'] } };

describe('a loop around a read that blocks, for which a hook waits', () => {
  let redis: Redis;

  beforeEach(() => {
    redis = new Redis();
    held.arm(findClients([redis], { nameOf: () => 'Redis' }), clock.now() + GRACE_MS);
    held.inTask('Consumer', context(), async () => redis.ended);
    held.inTask('Closer', context(), () => redis.disconnect());
  });

  it('ends with its connection, though it comes to the read after that was to be closed', async () => {
    await clock.advance(100); // it has a message in hand
    expect(redis.closedAt).toBeUndefined();
    redis.commandQueue.push(read);
    await clock.advance(100);

    expect(redis.closedAt).toBeDefined();
    expect(warnings).toEqual([]);
  });

  it('ends so while the connection is not there yet', async () => {
    redis.status = 'connecting';
    redis.commandQueue.push({ command: { name: 'info', args: [] } });
    redis.offlineQueue.push(read);
    await clock.advance(100);

    expect(redis.closedAt).toBeDefined();
    expect(warnings).toEqual([]);
  });

  it('is not cut in another command, until half of the time is over', async () => {
    redis.commandQueue.push({ command: { name: 'set', args: ['a', '1'] } });
    await clock.advance(GRACE_MS / 2 - 100);
    expect(redis.closedAt).toBeUndefined();
    redis.commandQueue.pop();
    await clock.advance(200);

    expect(redis.closedAt).toBeDefined();
    expect(warnings).toEqual([
      'Redis is closed while Consumer still runs: half of the time is over',
      expect.stringMatching(/^Consumer ended when Redis was closed/),
    ]);
  });
});

describe('a call that closes by force', () => {
  it('is held like any other: close(true) of MikroORM, mongoose and MongoClient', async () => {
    const calls: unknown[] = [];
    const orm = { em: {}, isConnected: () => true, close: (force: boolean) => calls.push(force) };
    held.arm(findClients([orm], { nameOf: () => 'Orm' }), clock.now() + GRACE_MS);
    let write!: () => void;
    held.inTask('Outbox', context(), () => new Promise<void>((resolve) => (write = resolve)));
    held.inTask('Closer', context(), async () => orm.close(true));
    await clock.advance(100);
    expect(calls).toEqual([]);

    write();
    await clock.advance(100);
    expect(calls).toEqual([true]);
  });
});

describe('a connection without a pool is a client', () => {
  const methods = (...names: string[]) => Object.fromEntries(names.map((name) => [name, () => 0]));
  const found = (object: object) =>
    findClients([object], { nameOf: () => 'it' }).map(({ shape }) => shape.closings[0]);
  const connection = methods('query', 'execute', 'end', 'close', 'destroy', 'release');

  it.each<[string, object, string[]]>([
    ['of mysql2', { ...connection, connection: methods('query', 'end') }, ['end']],
    ['of mariadb', methods('query', 'execute', 'batch', 'end', 'close', 'destroy'), ['end']],
    ['of Cassandra', methods('execute', 'batch', 'shutdown'), ['shutdown']],
    ['but not one of a pool of mysql2', { ...connection, connection }, []],
    ['but not one of a pool', connection, []],
  ])('%s', (_name, object, closings) => {
    expect(found(object)).toEqual(closings);
  });
});

describe('when half of the time is over, it is said what a hook had waited for', () => {
  const start = (waitsFor: 'the client' | 'something else') => {
    let closed!: () => void;
    const closing = new Promise<void>((resolve) => (closed = resolve));
    const pool = { query: () => 0, end: () => closed() };
    held.arm(findClients([pool], { nameOf: () => 'Pool' }), clock.now() + GRACE_MS);
    const never = new Promise<void>(() => undefined);
    held.inTask('Listener', context(), () => (waitsFor === 'the client' ? closing : never));
    held.inTask('Closer', context(), () => pool.end());
  };

  it('for the client', async () => {
    start('the client');
    await clock.advance(GRACE_MS);
    expect(warnings).toEqual([
      'Pool is closed while Listener still runs: half of the time is over',
      expect.stringMatching(/^Listener ended when Pool was closed, and had waited for that: /),
    ]);
  });

  it('for something else', async () => {
    start('something else');
    await clock.advance(GRACE_MS);
    expect(warnings).toEqual([
      'Pool is closed while Listener still runs: half of the time is over',
      'Listener goes on though Pool is closed: it waits for something else',
    ]);
  });
});
