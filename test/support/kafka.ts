import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Service } from './services.js';

/** Debian's kcat has librdkafka's mock cluster in it: a Kafka broker without Java. */
export const mockKafka: Service = {
  name: "kcat's mock cluster of Kafka",
  available: spawnSync('kcat', ['-V']).status === 0,
  hint: 'apt-get install kcat',
};

/** A broker of its own, which ends with `stop()`. */
export class MockKafka {
  private constructor(
    readonly broker: string,
    private readonly kcat: ChildProcess,
  ) {}

  /** The cluster lives as long as the input of its producer is open. */
  static async start(topic: string): Promise<MockKafka> {
    const options = ['-X', 'test.mock.num.brokers=1', '-d', 'mock', '-t', topic];
    const kcat = spawn('kcat', ['-P', '-b', '127.0.0.1:1', ...options], {
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    for await (const line of createInterface({ input: kcat.stderr })) {
      const broker = /bootstrap\.servers=([\d.]+:\d+)/.exec(line)?.[1];
      if (broker === undefined) continue;
      kcat.stderr.resume(); // a full pipe would stop it
      return new MockKafka(broker, kcat);
    }
    throw new Error('kcat has ended without a cluster');
  }

  stop(): void {
    this.kcat.kill('SIGKILL');
  }
}
