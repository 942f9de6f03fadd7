import { describe, expect, it } from '@jest/globals';
import { SubscriptionStream } from '../../../../lib/integrations/graphql/subscription-stream.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

function streamOf(source: AsyncIterable<unknown>) {
  const log: string[] = [];
  const stream = new SubscriptionStream(source, {
    clock: new VirtualClock(),
    closing: () => {
      log.push('closing');
      return () => void log.push('closed');
    },
    over: () => void log.push('over'),
    failed: (error) => void log.push(String(error)),
  });
  return { stream, log };
}

async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const events: unknown[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

const turn = () => new Promise<void>((resolve) => void setImmediate(resolve));

describe('SubscriptionStream', () => {
  it('is its source as long as nobody ends it', async () => {
    const { stream, log } = streamOf(
      (async function* () {
        yield 1;
        yield 2;
      })(),
    );
    expect(await read(stream)).toEqual([1, 2]);
    expect(log).toEqual(['over']);
  });

  it('fails as its source does', async () => {
    const { stream, log } = streamOf(
      (async function* () {
        yield 1;
        throw new Error('broken');
      })(),
    );
    await expect(read(stream)).rejects.toThrow('broken');
    expect(log).toEqual(['over']);
  });

  it('hands on what its reader says, and its failure', async () => {
    const { stream } = streamOf(
      (async function* () {
        try {
          yield 1;
        } finally {
          throw new Error('not closed'); // eslint-disable-line no-unsafe-finally
        }
      })(),
    );
    await stream.next();
    await expect(stream.return()).rejects.toThrow('not closed');
    await turn();
  });

  it('that never stops is settled all the same', async () => {
    let sent = 0;
    const { stream, log } = streamOf({
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ value: (sent += 1), done: false }),
        return: async () => ({ value: undefined, done: true }),
      }),
    });
    const events = read(stream);
    await stream.settle();
    stream.hold();
    stream.cut();
    expect((await events).length).toBeGreaterThan(100);
    expect(log).toEqual(['closing', 'closed', 'over']);
  });

  it('is settled when its reader waits for an event that is not there', async () => {
    const pending: Array<(event: IteratorResult<unknown>) => void> = [];
    const { stream } = streamOf({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise((give) => pending.push(give)) }),
    });
    const first = stream.next();
    pending.shift()?.({ value: 1, done: false });
    const settled = stream.settle();
    expect(await first).toEqual({ value: 1, done: false });
    let isSettled = false;
    void settled.then(() => (isSettled = true));
    await turn();
    expect(isSettled).toBe(false); // its reader has the event still in hand

    const second = stream.next();
    await settled;
    stream.hold();
    pending.shift()?.({ value: 2, done: false });
    await turn();
    stream.cut();
    expect(await second).toEqual({ value: undefined, done: true });
  });

  it('says after its end that it has ended', async () => {
    const { stream } = streamOf({
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    });
    const event = stream.next();
    stream.cut();
    stream.cut();
    await stream.settle();
    expect(await event).toEqual({ value: undefined, done: true });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    expect(await stream.return()).toEqual({ value: undefined, done: true });
  });
});
