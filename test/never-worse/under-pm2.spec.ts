import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/free-port.js';
import { ARMS, CELLS, MAJORS, type Arm, type Cell } from '../support/pair.js';
import { PM2, Pm2, type Pm2App } from '../support/pm2.js';
import { programPath } from '../support/programs.js';
import { describeWith } from '../support/services.js';
import { SteadyLoad } from '../support/steady-load.js';

const [WITH, PLAIN] = ['with the module', 'plain Nest'] as const;

describeWith(PM2, () => {
  const pm2 = new Pm2();
  afterAll(() => pm2.end());

  /** An application of a cell, by a name that is its own. */
  function application(
    { nestMajor, platform }: Cell,
    arm: Arm,
    { script = 'under-pm2', port = 0, ...settings }: Partial<Pm2App> & { port?: number } = {},
  ): Pm2App & { port: number } {
    const told = { plain: arm === PLAIN, platform, port };
    const kind = `${settings.exec_mode ?? 'fork'}-${Object.keys(settings).join('-')}-${script}`;
    return {
      ...settings,
      port,
      name: `${nestMajor}-${platform}-${arm === PLAIN ? 'plain' : 'module'}-${kind}`,
      script: programPath(nestMajor, `never-worse/${script}`),
      env: { PROGRAM: JSON.stringify(told) },
    };
  }

  /** What each application loses in a reload under load. */
  async function lostInReload(apps: ReadonlyArray<Pm2App & { port: number }>, namespace: string) {
    await pm2.start(apps);
    await eventually('all to listen', () =>
      apps.every(({ name, instances = 1 }) => listening(name) === instances),
    );
    const loads = apps.map(({ port }) => new SteadyLoad(port, '/slow', 'answered', 50));
    await eventually('the first answers', () => loads.every(({ served }) => served > 10));
    await pm2.run('reload', namespace);
    const before = loads.map(({ served }) => served);
    await eventually('the new ones to answer', () =>
      loads.every(({ served }, index) => served > (before[index] ?? 0) + 10),
    );
    await Promise.all(loads.map((load) => load.stop()));
    await pm2.run('delete', namespace);
    return loads.map(({ lost }) => lost);
  }

  const listening = (name: string) => pm2.said(name).split('"event":"listening"').length - 1;

  it.each(CELLS)(
    '`pm2 reload` loses nothing in cluster mode, and nothing in flight in fork mode, on Nest $nestMajor and $platform',
    async (cell) => {
      const namespace = `${cell.nestMajor}-${cell.platform}`;
      const modes = [
        { exec_mode: 'cluster' as const, instances: 2 },
        { exec_mode: 'fork' as const, instances: 1 },
      ];
      const apps = await Promise.all(
        modes.flatMap((mode) =>
          ARMS.map(async (arm) => {
            const port = await freePort();
            return application(cell, arm, { ...mode, port, namespace, kill_timeout: 6_000 });
          }),
        ),
      );
      const [plain, withTheModule, plainFork = [], fork = []] = await lostInReload(apps, namespace);

      expect(withTheModule).toEqual([]);
      expect(plain).toContain('200 the pool was closed');
      // One process after the other: nobody listens meanwhile.
      expect(fork.filter((text) => text !== 'ECONNREFUSED')).toEqual([]);
      expect(plainFork).toContain('200 the pool was closed');
    },
  );

  describe.each(MAJORS)('on Nest $nestMajor', (cell) => {
    const waiting = { exec_mode: 'cluster', instances: 1, wait_ready: true } as const;

    it('with `wait_ready` it says that it is ready when it listens, for which plain Nest needs a line of its own', async () => {
      const limitMs = 4_000;
      const plain = application(cell, PLAIN, { ...waiting, listen_timeout: limitMs });
      const withTheModule = application(cell, WITH, { ...waiting, listen_timeout: 60_000 });
      const fork = application(cell, WITH, { wait_ready: true, listen_timeout: 60_000 });
      const startedAt = performance.now();
      await pm2.start([plain]);
      expect(performance.now() - startedAt).toBeGreaterThan(limitMs);
      await pm2.start([withTheModule, fork]); // else it would take a minute
      for (const { name } of [withTheModule, fork]) expect(listening(name)).toBe(1);
    });

    it.each(['under-pm2-warming-up', 'under-pm2-warmed-elsewhere'])(
      'an application that says so itself, after a warm-up, means that moment: %s',
      async (script) => {
        const app = application(cell, WITH, { ...waiting, script, listen_timeout: 60_000 });
        await pm2.start([app]);
        await pm2.run('reload', app.name);

        const told = [...pm2.said(app.name).matchAll(/"event":"(\w+)"/g)].map(([, name]) => name);
        expect(told).toEqual(['listening', 'warm', 'listening', 'warm', 'destroyed']);
      },
    );

    it("its message 'shutdown' is taken, in both modes, and its limit said at boot", async () => {
      const namespace = `message-${cell.nestMajor}`;
      const apps = (['fork', 'cluster'] as const).flatMap((mode) =>
        ARMS.map((arm) => {
          const settings = { exec_mode: mode, instances: 1, shutdown_with_message: true };
          return application(cell, arm, { ...settings, namespace });
        }),
      );
      await pm2.start(apps);
      await eventually('all to listen', () => apps.every(({ name }) => listening(name) === 1));
      await pm2.run('stop', namespace);

      const [plainFork, fork, plainCluster, cluster] = apps.map(({ name }) => pm2.said(name));
      for (const plain of [plainFork, plainCluster]) {
        expect(plain).not.toContain('"event":"destroyed"'); // and then SIGKILL
      }
      for (const said of [fork, cluster]) {
        expect(said).toContain('"event":"destroyed"');
        expect(said).toContain("PM2's message 'shutdown': clean in ");
        expect(said).toMatch(/WARN.*PM2 kills this process 1\.6 s after .*kill_timeout: 12000/);
      }
    });
  });
});
