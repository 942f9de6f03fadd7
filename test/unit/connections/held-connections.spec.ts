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
  held = new HeldConnections(clock, (text) => warnings.push(text));
});

function context(): TaskContext {
  return {
    signal: new AbortController().signal,
    deadline: clock.now() + GRACE_MS,
    remainingMs: GRACE_MS,
    reason: { kind: 'close' },
    phase: 'close',
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
    held.arm(findClients([{ object: redis, name: 'Redis' }]), clock.now() + GRACE_MS);
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
    expect(warnings).toHaveLength(1);
  });
});
