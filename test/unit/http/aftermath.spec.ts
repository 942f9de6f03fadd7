import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { Aftermath } from '../../../lib/http/aftermath.js';
import { manyTurns } from '../../support/many-turns.js';
import { VirtualClock } from '../../support/virtual-clock.js';

describe('what the end of a stream sets off', () => {
  let clock: VirtualClock;
  let aftermath: Aftermath;
  let stream: EventEmitter;

  beforeEach(() => {
    clock = new VirtualClock();
    aftermath = new Aftermath(clock);
    stream = new EventEmitter();
  });

  afterEach(() => aftermath.stop());

  /** Ends the stream in a turn of its own, as a socket does. */
  async function end(): Promise<{ over: () => boolean }> {
    aftermath.include(stream, 'close');
    await new Promise<void>((resolve) => {
      setImmediate(() => {
        stream.emit('close');
        resolve();
      });
    });
    let isOver = false;
    void aftermath.over().then(() => (isOver = true));
    return { over: () => isOver };
  }

  it('has a moment, when nothing is begun', async () => {
    const { over } = await end();
    await clock.advance(99);
    expect(over()).toBe(false);
    await clock.advance(1);
    expect(over()).toBe(true);
  });

  it('is waited for as long as it goes on, whatever it is made of', async () => {
    let write: () => void = () => undefined;
    stream.once('close', () => {
      void (async () => {
        await new Promise((resolve) => setImmediate(resolve));
        await new Promise<void>((resolve) => (write = resolve));
      })();
    });
    const { over } = await end();
    await clock.advance(1_500);
    expect(over()).toBe(false);
    write();
    await manyTurns();
    expect(over()).toBe(true);
  });

  it('is not waited for when it never ends', async () => {
    stream.once('close', () => void (async () => new Promise(() => undefined))());
    const { over } = await end();
    await clock.advance(1_999);
    expect(over()).toBe(false);
    await clock.advance(1);
    expect(over()).toBe(true);
  });

  it('is not what others do meanwhile', async () => {
    const { over } = await end();
    void new Promise(() => undefined);
    await clock.advance(100);
    expect(over()).toBe(true);
  });
});
