import { Transport } from '@nestjs/microservices';
import { afterAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { describeWith } from '../../support/services.js';
import { redis, redisUrl, unique } from '../servers.js';
import { itFinishesWhatIsInFlight, type Rig } from './in-flight.js';
import { RpcApp, type Kind, type RpcClient } from './rpc-app.js';

describeWith(redis, () => {
  const transport = Transport.REDIS as const;
  const { hostname: host, port, password } = new URL(redisUrl);
  const address = { host, port: Number(port) || 6379, password: password || undefined };
  const outside = new Redis({ ...address, lazyConnect: true });
  let count = 0;

  afterAll(() => outside.disconnect());

  interface RedisRig extends Rig {
    readonly client: RpcClient;
    /** Publishes an event; how many have heard it. */
    publish: (name: string) => Promise<number>;
  }

  async function start(
    options: {} | null,
    kind?: Kind,
    more: { wildcards?: boolean } = {},
  ): Promise<RedisRig> {
    const prefix = `${unique('rpc')}${(count += 1)}.`;
    const microservice = { transport, options: { ...address, ...more } };
    const app = await RpcApp.start({ kind, options, microservice, prefix });
    if (options === null) keepFailuresToOneself(app);
    const client = await app.connect({ transport, options: address });
    const publish = (data: string) =>
      outside.publish(`${prefix}event`, JSON.stringify({ pattern: `${prefix}event`, data }));
    return { app, client, publish };
  }

  itFinishesWhatIsInFlight((options, kind) => start(options, kind), /^lost: no answer/);

  describe.each([false, true])('with wildcards: %s', (wildcards) => {
    it('what comes after T0 is not ours any more', async () => {
      const { app, publish } = await start({}, 'microservice', { wildcards });
      expect(await publish('one')).toBe(1);
      await app.work.begun('one');

      const closing = app.close();
      await app.draining();
      const heard = await publish('late');
      app.work.finish('one', 'late');
      await closing;

      expect(heard).toBe(0);
      expect(app.work.finished).toEqual(['one']);
    });

    it('out of rotation nothing is heard, and back in it is', async () => {
      const { app, publish } = await start({}, 'microservice', { wildcards });
      expect(await app.graceful.drain()).toBe(true);
      expect(await publish('missed')).toBe(0);

      app.graceful.resume();
      while ((await publish('one')) === 0);
      await app.work.begun('one');
      expect(app.work.started).not.toContain('missed');
    });
  });
});

/** Microservices 11 leaves the failure of a reply to nobody, which would end a process. */
function keepFailuresToOneself(app: RpcApp): void {
  const [replies] = app.microservice.unwrap<[Redis, Redis]>();
  const publish = replies.publish.bind(replies);
  replies.publish = (...args) => publish(...args).catch(() => 0);
}
