import { describe, expect, it } from '@jest/globals';
import { getMaxListeners } from 'node:events';
import type { Integration } from '../../lib/engine/integration.js';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { manyTurns } from '../support/many-turns.js';

/** A broker that answers when the test says so. */
class Broker {
  readonly calls: string[] = [];
  private readonly answers: Array<() => void> = [];

  readonly integration: Integration = {
    name: 'broker',
    attach: (host) =>
      host.add({
        name: 'consumer',
        kind: 'message',
        stopTaking: () => this.ask('stop'),
        takeAgain: () => this.ask('take'),
        inFlight: () => [],
        finished: async () => undefined,
      }),
  };

  /** To the oldest question. */
  async answer(): Promise<void> {
    await eventually('a question', () => this.answers.length > 0);
    this.answers.shift()?.();
  }

  private ask(call: string): Promise<void> {
    this.calls.push(`${call}?`);
    return new Promise((resolve) => {
      this.answers.push(() => {
        this.calls.push(`${call}!`);
        resolve();
      });
    });
  }
}

describe('a source that takes a moment to stop, and to take again', () => {
  async function start(): Promise<{ app: HttpApp; broker: Broker }> {
    const broker = new Broker();
    const { integration } = broker;
    return {
      app: await HttpApp.start({ platform: 'Express', integrations: [integration] }),
      broker,
    };
  }

  it('is stopped when drain() says so', async () => {
    const { app, broker } = await start();
    const drained = app.graceful.drain().then((done) => broker.calls.push(`drained ${done}`));
    await manyTurns();
    expect(broker.calls).toEqual(['stop?']);
    await broker.answer();
    await drained;

    expect(broker.calls).toEqual(['stop?', 'stop!', 'drained true']);
    await app.close();
  });

  it('does not hold drain() beyond its time', async () => {
    const { app, broker } = await start();

    expect(await app.graceful.drain({ timeoutMs: 20 })).toBe(false);
    expect(broker.calls).toEqual(['stop?']);
    await broker.answer();
    await app.close();
  });

  it('does one after the other, so that the last word counts', async () => {
    const { app, broker } = await start();
    void app.graceful.drain();
    app.graceful.resume();
    const drained = app.graceful.drain();
    for (let answers = 0; answers < 3; answers += 1) await broker.answer();

    expect(await drained).toBe(true);
    expect(broker.calls).toEqual(['stop?', 'stop!', 'take?', 'take!', 'stop?', 'stop!']);
    await app.close();
  });

  it('is stopped all the same when the broker does not answer', async () => {
    const { app, broker } = await start();
    void app.graceful.drain();
    await broker.answer();
    await app.graceful.drain();
    app.graceful.resume();
    await app.close();

    expect(broker.calls).toEqual(['stop?', 'stop!', 'take?', 'stop?']);
  });

  it('is one of many, each of which hears of the end of drain()', async () => {
    const signals = new Set<AbortSignal>();
    const integration: Integration = {
      name: 'many',
      attach(host) {
        for (let number = 0; number < 12; number += 1) {
          host.add({
            name: `consumer ${number}`,
            kind: 'message',
            stopTaking: () => undefined,
            takeAgain: () => undefined,
            inFlight: () => [],
            async finished(signal) {
              signals.add(signal);
            },
          });
        }
      },
    };
    const app = await HttpApp.start({ platform: 'Express', integrations: [integration] });
    await app.graceful.drain();

    const [signal, ...others] = signals;
    expect(others).toEqual([]);
    expect(getMaxListeners(signal)).toBe(Infinity); // no warning of a leak
    await app.close();
  });
});
