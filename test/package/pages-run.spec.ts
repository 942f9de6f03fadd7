import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import { OtlpReceiver } from '../support/otlp-receiver.js';
import { PageApplication } from '../support/page-application.js';
import { posted, SteadyLoad } from '../support/steady-load.js';
import { eventually } from '../support/eventually.js';

// The code on the pages, as its readers run it: in an application that the Nest CLI generates, by `node dist/main.js`, with
// SIGTERM under load. Made by test/support/prepare/pages.mjs.

const cluster = { KUBERNETES_SERVICE_HOST: 'localhost', GRACEFUL_GRACE_PERIOD_MS: '12000' };

let running: PageApplication[] = [];
const collectors: OtlpReceiver[] = [];

afterEach(() => {
  for (const application of running) application.stop('SIGKILL');
  running = [];
  for (const collector of collectors.splice(0)) collector.stop();
});

describe.each([12, 11] as const)('on Nest %d', (nestMajor) => {
  const start: (
    name: string,
    settings?: Parameters<typeof PageApplication.start>[2],
  ) => Promise<PageApplication> = async (name, settings) => {
    const application = await PageApplication.start(nestMajor, name, settings);
    running.push(application);
    return application;
  };

  describe('README.md', () => {
    it('has a first screen that is a whole application', async () => {
      const application = await start('first-screen');
      const ready = await fetch(`http://127.0.0.1:${application.port}/health/ready`);
      expect(ready.status).toBe(200);
      application.stop();
      expect(await application.end).toEqual([0, null]);
      expect(application.output).toMatch(/SIGTERM: clean in /);
    });

    it('has three things that do what they say, under load', async () => {
      const application = await start('README', { env: cluster });
      const ready = await fetch(`http://127.0.0.1:${application.port}/health/ready`);
      expect(await ready.json()).toMatchObject({ info: { storage: { status: 'up' } } });
      const agent = new Agent({ keepAlive: true });
      const files: string[] = [];
      for (let id = 1; id <= 60; id += 1) {
        if (id === 20) application.stop();
        const file = `${id}.csv`;
        const status = await posted(application.port, '/imports', { file }, agent);
        if (status === 201) files.push(file);
        await sleep(20);
      }
      agent.destroy();

      expect(await application.end).toEqual([0, null]);
      expect(files.length).toBeGreaterThan(40);
      expect(application.written('imported.txt').toSorted()).toEqual(files.toSorted());
      expect(application.written('metrics.json')).toEqual([`{"imported":${files.length}}`]);
    });
  });

  describe('docs/quick-start.md', () => {
    const underLoad = async (name: string): Promise<SteadyLoad> => {
      const application = await start(name, { env: cluster });
      const load = new SteadyLoad(application.port, '/slow', 'done', 50);
      await eventually('the first answers', () => load.served > 10);
      application.stop();
      await sleep(1_000); // what a load balancer may take to learn of it
      await load.stop();
      await application.end;
      return load;
    };

    it('loses no request while the load balancers learn', async () => {
      const load = await underLoad('quick-start');
      expect(load.lost).toEqual([]);
      expect(load.served).toBeGreaterThan(60);
    });

    it('without the line it loses some, or this test could not fail', async () => {
      const load = await underLoad('quick-start-control');
      expect(load.lost.length).toBeGreaterThan(0);
    });
  });

  describe('docs/work.md', () => {
    /** Posts until well after SIGTERM, and says which files were acknowledged. */
    const acknowledged = async (application: PageApplication): Promise<string[]> => {
      const agent = new Agent({ keepAlive: true });
      const files: string[] = [];
      let stopped = false;
      for (let id = 1; id <= 60; id += 1) {
        if (id === 20) {
          application.stop();
          stopped = true;
        }
        const file = `${id}.csv`;
        const status = await posted(application.port, '/imports', { files: [file] }, agent);
        if (status === 201) files.push(file);
        await sleep(20);
      }
      expect(stopped).toBe(true);
      agent.destroy();
      return files;
    };

    it('does what it has acknowledged, also after SIGTERM', async () => {
      const application = await start('work', { env: cluster });
      const files = await acknowledged(application);

      expect(await application.end).toEqual([0, null]);
      expect(files.length).toBeGreaterThan(40);
      expect(application.written('imported.txt').toSorted()).toEqual(files.toSorted());
    });

    it('loses some when it obeys `signal`, or this test could not fail', async () => {
      const application = await start('work-control', { env: cluster });
      const files = await acknowledged(application);

      await application.end;
      const kept = [...application.written('imported.txt'), ...application.written('left.txt')];
      const done = new Set(application.written('imported.txt'));
      expect(files.filter((file) => !done.has(file)).length).toBeGreaterThan(0);
      expect(kept.length).toBeLessThanOrEqual(files.length);
    });

    it('keeps what it had no time for, and the next process does it', async () => {
      const application = await start('work', { env: { GRACEFUL_GRACE_PERIOD_MS: '2000' } });
      const files = Array.from({ length: 12 }, (_, index) => `${index}.csv`);
      const agent = new Agent();
      expect(await posted(application.port, '/imports', { files }, agent)).toBe(201);
      application.stop();

      expect(await application.end).toEqual([1, null]);
      const [done, left] = [application.written('imported.txt'), application.written('left.txt')];
      expect(left.length).toBeGreaterThan(0);
      expect([...done, ...left]).toEqual(files);

      const next = await start('work', { keep: ['imported.txt', 'left.txt'] });
      await eventually('the rest', () => next.written('imported.txt').length === files.length);
      expect(next.written('imported.txt')).toEqual(files);
    });
  });

  describe('docs/probes.md', () => {
    it('answers its probes, and is down from the first moment of a shutdown', async () => {
      const application = await start('probes', { env: cluster });
      const ask = async (path: string) => {
        const response = await fetch(`http://127.0.0.1:${application.port}${path}`);
        return [response.status, await response.json()];
      };
      const up = expect.objectContaining({ info: { database: { status: 'up' } } });
      expect(await ask('/health/ready')).toEqual([200, up]);
      application.stop();
      await eventually('SIGTERM', () => application.output.includes('shutting down'));
      expect((await ask('/health/ready'))[0]).toBe(503);
      expect((await ask('/health/live'))[0]).toBe(200);
      expect(await application.end).toEqual([0, null]);
    });
  });

  describe('docs/rollouts.md', () => {
    /** Where the first answer came from that was asked for once readiness was up. */
    const firstAnswer = async (name: string): Promise<unknown> => {
      const application = await start(name, { env: cluster });
      const at = (path: string) => `http://127.0.0.1:${application.port}${path}`;
      while ((await fetch(at('/health/ready'))).status !== 200) await sleep(5);
      const { from } = (await (await fetch(at('/products'))).json()) as { from: string };
      application.stop();
      expect(await application.end).toEqual([0, null]);
      return from;
    };

    it('answers the first request from memory, and without it from the database', async () => {
      expect(await firstAnswer('rollouts')).toBe('memory');
      expect(await firstAnswer('rollouts-control')).toBe('database');
    });
  });

  describe('docs/telemetry.md', () => {
    it('tells a collector, and the last scrape, of the shutdown', async () => {
      const collector = await OtlpReceiver.start();
      collectors.push(collector);
      const probesPort = await freePort();
      const application = await start('telemetry', {
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, PROBES_PORT: String(probesPort) },
      });
      const agent = new Agent({ keepAlive: true });
      const answers = [await scraped(probesPort, agent)];
      expect(answers[0]).toContain('nestjs_graceful_shutdown_ended_total{outcome="clean"} 0');
      // Until the port is closed, which is when it has been there once more.
      const scraper = (async () => {
        for (;;) {
          await sleep(300);
          answers.push(await scraped(probesPort, agent));
        }
      })().catch(() => undefined);
      await eventually('a few scrapes', () => answers.length > 3);
      application.stop();

      expect(await application.end).toEqual([0, null]);
      await scraper;
      agent.destroy();
      expect(answers.at(-1)).toContain('nestjs_graceful_shutdown_ended_total{outcome="clean"} 1');
      expect(application.output).toContain('scraped once more by 1 scraper');
      expect(collector.spans.map(({ name }) => name)).toContain('shutdown');
      const ended = collector.value('nestjs_graceful.shutdown.ended', { outcome: 'clean' });
      expect(ended).toBe(1);
    });
  });

  describe('docs/ordering.md', () => {
    it('prints the plan and the timeline that are shown there', async () => {
      const application = await start('ordering', {
        env: { GRACEFUL_GRACE_PERIOD_MS: '30000' },
      });
      application.stop();

      expect(await application.end).toEqual([0, null]);
      const printed = shapeOf(application.output.replace(/^.*?LOG /gm, ''));
      expect(printed).toContain(shapeOf(block('docs/ordering.md', 'plan-output')));
      expect(printed).toContain(shapeOf(block('docs/ordering.md', 'timeline-output')));
      expect(application.written('metrics.json')).toHaveLength(1);
      const places = ['the audit trail', 'the metrics', 'the outbox', 'the event', 'the cache'];
      const at = places.map((words) => application.output.indexOf(words));
      expect(at).toEqual(at.toSorted((a, b) => a - b));
      expect(at[0]).toBeGreaterThan(0);
    });
  });

  describe('docs/integrations/writing-your-own.md', () => {
    it('finishes every job that it has begun, and begins none after SIGTERM', async () => {
      const application = await start('integrations-writing-your-own');
      await eventually('a few jobs', () => application.written('jobs.txt').length > 6);
      application.stop();

      expect(await application.end).toEqual([0, null]);
      const named = (word: string) =>
        application
          .written('jobs.txt')
          .filter((line) => line.startsWith(word))
          .map((line) => line.split(' ')[1])
          .toSorted();
      expect(named('done')).toEqual(named('begun'));
      expect(named('begun').length).toBeLessThan(50);
    });

    it('passes its own contract tests', async () => {
      const folder = join(import.meta.dirname, `../.cache/pages-${nestMajor}`);
      const script = join(folder, 'integrations-writing-your-own/dist/pollers.spec.js');
      const child = spawn(process.execPath, ['--test-reporter=tap', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = once(child, 'exit');
      const lines: string[] = [];
      for await (const line of createInterface({ input: child.stdout })) lines.push(line);

      expect(lines.filter((line) => line.startsWith('not ok'))).toEqual([]);
      expect(lines.filter((line) => line.startsWith('ok ')).length).toBeGreaterThan(10);
      expect(await exited).toEqual([0, null]);
    });
  });
});

function scraped(port: number, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'X-Prometheus-Scrape-Timeout-Seconds': '5' };
    const outgoing = get({ host: '127.0.0.1', port, path: '/metrics', agent, headers });
    outgoing.on('error', reject).on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += String(chunk)));
      response.on('end', () => resolve(body));
    });
  });
}

/** What is printed on a page between its marks. */
function block(page: string, name: string): string {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8');
  const pattern = new RegExp(`<!-- ${name} -->\\n\`\`\`\\n([\\s\\S]*?)\`\`\`\\n<!-- /${name} -->`);
  const [, shown = ''] = pattern.exec(text) ?? [];
  expect(shown.trim()).not.toBe('');
  return shown.trim();
}

/** Without what is different in each run: times, and how long the bars are. */
function shapeOf(text: string): string {
  return text
    .replace(/\.[jt]s:\d+/g, '.ts')
    .replace(/\bdist\//g, 'src/')
    .replace(/\.js\b/g, '.ts')
    .replace(/ +\d+(\.\d+)? m?s\b/g, ' # s')
    .replace(/[-=]{2,}|(?<= )[-=](?=\n|$)/g, '#')
    .replace(/ +/g, ' ');
}
