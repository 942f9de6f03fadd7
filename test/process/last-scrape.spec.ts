import { afterEach, expect, it } from '@jest/globals';
import { freePort } from '../support/free-port.js';
import { Prometheus, prometheusServer } from '../support/prometheus.js';
import { eventually } from '../support/eventually.js';
import { describeWith } from '../support/services.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

/** The scrape interval, in milliseconds. */
const EACH_MS = 1_000;

const servers: Prometheus[] = [];
afterEach(async () => {
  await killStarted();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** An application, and Prometheus that has been there some times already. */
async function scraped(nestMajor: 11 | 12, { own = false, prometheuses = 1, grace = 20_000 } = {}) {
  const port = await freePort();
  const settings = {
    prometheus: true,
    ownMetrics: own,
    options: {
      gracePeriodMs: grace,
      awaitLastScrape: !own,
      probes: { port, host: '127.0.0.1' },
    },
  };
  const program = new StartedProgram(nestMajor, 'services/telemetry', settings);
  await program.event('started');
  const { port: ownPort } = await program.event('listening');
  const target = own ? (ownPort as number) : port;
  for (let count = 0; count < prometheuses; count += 1) {
    servers.push(await Prometheus.start([target], EACH_MS));
  }
  const here = servers.slice(-prometheuses);
  for (const server of here) await hasScraped(server, target);
  return { program, servers: here, target };
}

/** Twice, so that the interval is known. */
async function hasScraped(server: Prometheus, target: number): Promise<void> {
  let scrapes = 0;
  const ask = async () => {
    const [count] = await server.query(`count_over_time(up{instance="127.0.0.1:${target}"}[1m])`);
    scrapes = count?.value ?? 0;
    if (scrapes < 3) setTimeout(() => void ask(), 100);
  };
  void ask();
  await eventually('three scrapes', () => scrapes >= 3);
}

/** A request ends in the drain, and a hook counts after it. */
async function stop(program: StartedProgram): Promise<void> {
  const answer = program.get('/slow/700');
  await program.event('slow-start');
  program.signal('SIGTERM');
  expect(await answer).toMatchObject({ status: 200 });
  expect(await program.end).toMatchObject({ code: 0 });
}

describeWith(prometheusServer, () => {
  it.each([12, 11] as const)(
    'awaitLastScrape: Prometheus has every last counter, on Nest %d',
    async (nestMajor) => {
      const {
        program,
        servers: [server],
        target,
      } = await scraped(nestMajor);
      expect(
        await server?.last('nestjs_graceful_shutdown_ended_total', target, 'outcome="clean"'),
      ).toBe(0);
      await stop(program);

      const last = (name: string, selector?: string) => server?.last(name, target, selector);
      expect(await last('nestjs_graceful_shutdown_ended_total', 'outcome="clean"')).toBe(1);
      expect(await last('nestjs_graceful_work_ended_total', 'fate="finished"')).toBe(1);
      expect(await last('nestjs_graceful_phase_duration_seconds_count', 'phase="close"')).toBe(1);
      expect(await last('app_requests_total')).toBe(1);
      expect(await last('app_closed_total')).toBe(1); // raised in a hook
      expect(program.log.join('\n')).toMatch(
        /metrics: scraped once more by 1 scraper after .* \[last-scrape\]/,
      );
    },
  );

  it('so has each of a pair', async () => {
    const { program, servers: pair, target } = await scraped(12, { prometheuses: 2 });
    await stop(program);

    for (const server of pair) {
      expect(
        await server.last('nestjs_graceful_shutdown_ended_total', target, 'outcome="clean"'),
      ).toBe(1);
      expect(await server.last('app_closed_total', target)).toBe(1);
    }
    expect(program.log.join('\n')).toMatch(/scraped once more by 2 scrapers/);
  });

  it('the control: on the port of the application it has none of them', async () => {
    const {
      program,
      servers: [server],
      target,
    } = await scraped(12, { own: true });
    await stop(program);

    expect(
      await server?.last('nestjs_graceful_shutdown_ended_total', target, 'outcome="clean"'),
    ).toBe(0);
    expect(await server?.last('app_closed_total', target)).toBe(0);
  });

  it('a scraper that has gone is not waited for longer than its interval, and said to be missing', async () => {
    const {
      program,
      servers: [server],
    } = await scraped(12);
    await server?.stop();
    const answer = program.get('/slow/10');
    await answer;
    program.signal('SIGTERM');
    const end = await program.end;

    expect(end.code).toBe(0);
    expect(end.ms).toBeLessThan(8_000);
    expect(program.log.join('\n')).toMatch(
      /not collected by 1 of 1 scraper .* \[last-scrape-missed\]/,
    );
  });

  it('says at boot that its grace period is shorter than the interval', async () => {
    const { program } = await scraped(12, { grace: 1_000 });
    expect(await program.line(/\[scrape-interval-too-long\]/)).toMatch(
      /a scraper comes each .*, and a shutdown may take 900 ms/,
    );
  });
});
