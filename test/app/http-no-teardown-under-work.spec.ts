import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventually } from '../support/eventually.js';
import assert from 'node:assert/strict';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms, type Target } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

interface Request {
  readonly kind: 'work' | 'nothing' | 'file' | 'failing' | 'stream' | 'sized';
  /** When its handler is done, and when its client leaves without waiting for the answer. */
  readonly done: 'before' | 'after';
  readonly vanishes: 'never' | 'before' | 'after';
}

const kinds = ['work', 'nothing', 'file', 'failing', 'stream', 'sized'] as const;

const requests = fc.array(
  fc.oneof(
    fc.record<Request>({
      kind: fc.constantFrom(...kinds),
      done: fc.constantFrom('before', 'after'),
      vanishes: fc.constant('never'),
    }),
    // Not of a response that streams already: it ends with its socket, and its handler with it.
    fc.record<Request>({
      kind: fc.constantFrom('work', 'nothing', 'file', 'failing'),
      done: fc.constantFrom('before', 'after'),
      vanishes: fc.constantFrom('before', 'after'),
    }),
  ),
  { minLength: 1, maxLength: 12 },
);

type Trigger = 'app.close()' | 'SIGTERM';

/** One shutdown in the middle of these requests; resolves with what was in flight when providers were torn down. */
async function shutDownAmid(
  mix: readonly Request[],
  target: Target,
  trigger: Trigger,
  graceful: boolean,
): Promise<number | undefined> {
  const clock = new VirtualClock();
  const options = graceful ? ({ platform: 'kubernetes' } as const) : null;
  const app = await HttpApp.start({ ...target, options, clock });
  const all = await Promise.all(
    mix.map(async (request, index) => {
      const client = await app.connect();
      const name = `r${index}`;
      client.get(`/${request.kind}/${name}`);
      await app.work.begun(name);
      return { ...request, name, client };
    }),
  );
  const idle = await app.idleClient();
  const proceed = async (when: 'before' | 'after') => {
    for (const { name, done, vanishes, client } of all) {
      if (vanishes === when) {
        client.vanish();
        await eventually('the server to notice', () => app.socketOf(client).destroyed);
      }
      if (done === when) app.work.finish(name);
    }
    const expected = all.filter(({ done }) => when === 'after' || done === 'before');
    await eventually('the handlers', () => app.work.finished.length === expected.length);
  };

  await proceed('before');
  if (trigger === 'app.close()') void app.close();
  else app.signal();
  if (trigger === 'SIGTERM') await clock.advance(5_000);
  if (graceful) await idle.ended();
  else await eventually('the teardown', () => app.work.inFlightAtDestroy !== undefined);
  await proceed('after');

  if (graceful) {
    await app.phase('drain');
    await clock.advance(500); // connections that were not told of the close have lingered
    await app.log.until(/^(SIGTERM|app.close\(\)): \w+ in /);
    const stayed = all.filter(({ vanishes }) => vanishes === 'never');
    const answers = await Promise.all(stayed.map(({ client }) => client.response()));
    assert.equal(app.report.outcome, 'clean');
    assert.deepEqual(app.report.unfinished, []);
    assert.deepEqual(
      answers.map(({ status }) => status),
      stayed.map(({ kind }) => (kind === 'failing' ? 500 : 200)),
    );
  }
  const { inFlightAtDestroy } = app.work;
  await app.destroy();
  return inFlightAtDestroy;
}

describeOnPlatforms((target) => {
  describe.each<Trigger>(['app.close()', 'SIGTERM'])('%s amid any mix of requests', (trigger) => {
    it('tears nothing down while one is in flight, and loses none', async () => {
      await fc.assert(
        fc.asyncProperty(requests, async (mix) => {
          await expect(shutDownAmid(mix, target, trigger, true)).resolves.toBe(0);
        }),
        { numRuns: 25, seed: 20_261_123, endOnFailure: true },
      );
    });
  });

  it('without the module the same test finds work in flight', async () => {
    const mix: Request[] = [{ kind: 'work', done: 'after', vanishes: 'never' }];
    await expect(shutDownAmid(mix, target, 'app.close()', false)).resolves.toBe(1);
  });
});
