import { Controller, Get, Module, Param, Res, type INestApplication } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { eventually } from '../support/eventually.js';
import { HttpApp } from '../support/http-app.js';
import { H2C, openSession } from '../support/http2-app.js';
import { describeOnPlatforms, type Target } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

type Reply = ServerResponse & { raw?: ServerResponse };

/** Long polls: the response is kept until there is news. */
class Polls {
  readonly waiting = new Set<ServerResponse>();
  begun = 0;

  keep(response: ServerResponse, forget: boolean): void {
    this.begun += 1;
    this.waiting.add(response);
    if (forget) response.once('close', () => this.waiting.delete(response));
  }
}

@Controller('polls')
class PollsController extends Polls {
  /** Those who forget their response as its client leaves, and those who do not. */
  @Get(':how')
  poll(@Param('how') how: string, @Res() reply: Reply): void {
    this.keep(reply.raw ?? reply, how !== 'keeps');
  }
}

@Module({ controllers: [PollsController] })
class PollsModule {}

async function start(target: Target | typeof H2C) {
  const clock = new VirtualClock();
  const outside = new Polls();
  const app = await HttpApp.start({
    ...target,
    options: { drainTimeoutMs: 5_000 },
    clock,
    module: { imports: [PollsModule] },
    configure: (app: INestApplication) =>
      app.use((request: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (request.url !== '/outside') next();
        else outside.keep(response, true);
      }),
  });
  const polls = app.app.get(PollsController, { strict: false });
  /** A client that polls, and leaves. */
  const leave = async (path: string, where: Polls) => {
    const client = await app.connect();
    client.get(path);
    await eventually('the poll', () => where.begun === 1);
    client.vanish();
    await eventually('the server to notice', () => app.socketOf(client).destroyed);
  };
  return { app, clock, polls, outside, leave };
}

describeOnPlatforms((target) => {
  describe('a long poll whose client has left', () => {
    it('is no work once nobody holds its response: nothing is waited for', async () => {
      const { app, polls, leave } = await start(target);
      await leave('/polls/forgets', polls);

      await app.close();

      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('is none either where Nest has never seen it', async () => {
      const { app, outside, leave } = await start(target);
      await leave('/outside', outside);

      await app.close();

      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('is given a moment, and no more, when its response is still held: it may be work by callbacks', async () => {
      const { app, clock, polls, leave } = await start(target);
      await leave('/polls/keeps', polls);

      const closed = app.close();
      await app.phase('drain');
      await eventually('a look at who holds it', () => clock.pendingTimers > 0);
      await clock.advance(900);
      expect(app.graceful.state).toBe('draining');
      await eventually('the end', () => {
        void clock.advance(50);
        return app.graceful.state === 'closed';
      });

      await closed;
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });

    it('and that leaves during the drain ends it', async () => {
      const { app, polls } = await start(target);
      const client = await app.connect();
      client.get('/polls/forgets');
      await eventually('the poll', () => polls.begun === 1);
      const closed = app.close();
      await app.phase('drain');
      expect(app.graceful.state).toBe('draining');
      client.vanish();
      await closed;
      expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
    });
  });
});

it('on HTTP/2 a poll that its client gives up is no work, and its session goes on', async () => {
  const { app, polls } = await start(H2C);
  const client = await openSession(app, H2C);
  client.request(1, '/polls/forgets');
  await eventually('the poll', () => polls.begun === 1);
  client.reset(1, 8);
  await expect(client.request(3, '/fast').response(3)).resolves.toMatchObject({ status: 200 });

  await app.close();

  expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
});
