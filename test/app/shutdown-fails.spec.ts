import { describe, expect, it, jest } from '@jest/globals';
import type { Integration, WorkSource } from '../../lib/engine/integration.js';
import { NestContainer } from '../../lib/nest/nest-container.js';
import { HttpApp } from '../support/http-app.js';

/** A source of work that is fine until the shutdown asks it for something. */
function broken(what: Partial<Record<keyof WorkSource, unknown>>): Integration {
  let over = false;
  return {
    name: 'broken',
    attach: (host) => {
      const source: WorkSource = {
        name: 'a broken source',
        kind: 'job',
        stopTaking: async () => undefined,
        inFlight: () => [],
        finished: async () => undefined,
      };
      host.add(
        new Proxy(source, {
          get: (target, key) => (over && key in what ? fail() : Reflect.get(target, key)),
        }),
      );
      setTimeout(() => (over = true));
    },
  };
}

function fail(): never {
  throw new Error('broken');
}

it('a shutdown of which Terminus cannot be told comes to its end, which is not a clean one', async () => {
  const app = await HttpApp.start({ platform: 'Express', options: { exitProcess: false } });
  jest.spyOn(app.app.get(NestContainer), 'failTerminusChecks').mockImplementation(fail);

  const report = await app.graceful.shutdown('asked for');

  expect(report.outcome).toBe('forced');
  expect(app.graceful.state).toBe('closed');
  expect(app.server.listening).toBe(false);
});

describe.each([
  ['its name', { name: true }],
  ['what it has in flight', { inFlight: true }],
  ['the wait for its work', { finished: true }],
])('a shutdown that fails in %s of a source', (_what, what) => {
  const start = () =>
    HttpApp.start({
      platform: 'Express',
      integrations: [broken(what)],
      options: { exitProcess: false },
    });

  it('comes to its end, which is not a clean one, and settles every promise', async () => {
    const app = await start();
    await new Promise((resolve) => setTimeout(resolve));

    const report = await app.graceful.shutdown('asked for');

    expect(report.outcome).toBe('forced');
    expect(app.graceful.state).toBe('closed');
    expect(app.graceful.report).toBe(report);
    await app.app.close();
    expect(app.process.listenerCount()).toBe(0);
    expect(app.process.exits).toEqual([]);
    app.process.exit(0); // nobody listens to it any more
    expect(app.log.lines.join('\n')).not.toMatch(/process\.exit/);
    expect(app.server.listening).toBe(false);
  });

  it('waits for the requests in flight all the same', async () => {
    const app = await start();
    const answer = (await app.connect()).get('/work/one').response();
    await app.work.begun('one');

    const ending = app.graceful.shutdown('asked for');
    await app.phase('drain');
    app.work.finish('one');

    await expect(answer).resolves.toMatchObject({ status: 200 });
    expect((await ending).outcome).toBe('forced');
  });
});
