import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import type { Service } from './services.js';

/** Debian's package has both the server and promtool in it. */
export const prometheusServer: Service = {
  name: 'Prometheus',
  available:
    spawnSync('prometheus', ['--version']).status === 0 &&
    spawnSync('promtool', ['--version']).status === 0,
  hint: 'apt-get install prometheus',
};

/** A series at its last sample. */
export interface PrometheusSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus that scrapes some targets; it ends with `stop()`. */
export class Prometheus {
  private constructor(
    private readonly url: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  /** @param everyMs the scrape interval */
  static async start(targets: readonly number[], everyMs: number): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'graceful-prometheus-'));
    const port = await freePort();
    const config = {
      global: { scrape_interval: `${everyMs}ms`, scrape_timeout: `${everyMs}ms` },
      scrape_configs: [
        {
          job_name: 'app',
          static_configs: [{ targets: targets.map((target) => `127.0.0.1:${target}`) }],
        },
      ],
    };
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(config)); // JSON is YAML
    const child = spawn(
      'prometheus',
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--log.level=error',
      ],
      { stdio: 'ignore' },
    );
    const started = new Prometheus(`http://127.0.0.1:${port}`, child, folder);
    let isReady = false;
    const ask = async () => {
      isReady = (await fetch(`${started.url}/-/ready`).catch(() => undefined))?.ok ?? false;
      if (!isReady) setTimeout(() => void ask(), 50);
    };
    void ask();
    await eventually('Prometheus', () => isReady);
    return started;
  }

  /** What a query says; each series of the last five minutes with its last sample, if it is a name. */
  async query(expression: string): Promise<PrometheusSeries[]> {
    const answer = await fetch(`${this.url}/api/v1/query?query=${encodeURIComponent(expression)}`);
    const { data, error } = (await answer.json()) as {
      readonly error?: string;
      readonly data: {
        readonly result: ReadonlyArray<{
          readonly metric: Record<string, string>;
          readonly value: readonly [number, string];
        }>;
      };
    };
    if (error !== undefined) throw new Error(error);
    return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
  }

  /** The last sample of a series, also of a target that is gone. */
  async last(name: string, port: number, selector = ''): Promise<number | undefined> {
    const labels = [`instance="127.0.0.1:${port}"`, ...(selector === '' ? [] : [selector])];
    const [series] = await this.query(`last_over_time(${name}{${labels.join(',')}}[5m])`);
    return series?.value;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    if (this.child.exitCode === null && this.child.signalCode === null) {
      await once(this.child, 'exit');
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
