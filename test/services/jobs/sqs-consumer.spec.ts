import { Injectable, type Type } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { GracefulOptions } from '../../../lib/index.js';
import { sqsConsumer } from '../../../lib/integrations/sqs-consumer.js';
import type { PieceFate } from '../../../lib/testing/integration-rig.js';
import { eventually } from '../../support/eventually.js';
import { HttpApp } from '../../support/http-app.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { jobLibraries, load, onNode } from '../../support/job-libraries.js';
import { exampleOf } from '../../support/page-example.js';
import { describeWith } from '../../support/services.js';
import { SqsStub } from '../../support/sqs-stub.js';
import { Work } from '../../support/work.js';
import { httpRig } from '../contract/http-rig.js';

interface Message {
  readonly MessageId: string;
  readonly Body: string;
}

interface Consumer {
  start(): void;
  stop(options?: { abort?: boolean }): void;
  on(event: string, listener: (...args: unknown[]) => void): Consumer;
  once(event: string, listener: () => void): Consumer;
}

interface ConsumerClass {
  create(options: {
    queueUrl: string;
    sqs: object;
    handleMessage?: (message: Message) => Promise<Message | undefined>;
    handleMessageBatch?: (messages: Message[]) => Promise<Message[]>;
    [option: string]: unknown;
  }): Consumer;
}

const { SQSClient } = await load<{ SQSClient: new (options: object) => object }>(
  '@aws-sdk/client-sqs',
);

let stub: SqsStub;
let count = 0;

beforeAll(async () => {
  stub = await SqsStub.start();
});
afterAll(() => stub?.stop());

const queueUrl = () => stub.urlOf(`queue-${(count += 1)}`);

const versions = [
  ['sqs-consumer 14.2', jobLibraries, 'sqs-consumer-14'],
  ['sqs-consumer 15.0', onNode(22, 'sqs-consumer 15'), 'sqs-consumer'],
] as const;

describe.each(versions)('%s', (_version, service, library) => {
  describeWith(service, () => {
    let Consumer: ConsumerClass;

    beforeAll(async () => {
      ({ Consumer } = await load<{ Consumer: ConsumerClass }>(library));
    });

    /** A team's own provider, with the client in a property. */
    const jobsOf = (url: string, work: (piece: string) => Promise<void>, options: object = {}) => {
      @Injectable()
      class Jobs {
        readonly failures: unknown[] = [];
        readonly consumer = Consumer.create({
          queueUrl: url,
          sqs: new SQSClient(stub.clientOptions),
          waitTimeSeconds: 1,
          batchSize: 2,
          handleMessage: async (message) => {
            await work(message.Body);
            return message;
          },
          ...options,
        });

        onModuleInit(): void {
          for (const event of ['error', 'processing_error']) {
            this.consumer.on(event, (error) => void this.failures.push(error));
          }
          this.consumer.start();
        }

        onModuleDestroy(): void {
          this.consumer.stop();
        }
      }
      return Jobs;
    };

    describe('keeps the contract', () => {
      const rig = httpRig(sqsConsumer, { keeps: true, givesBack: true, concurrency: 1 }, (work) => {
        const url = queueUrl();
        const failed: string[] = [];
        const Jobs = jobsOf(url, async (piece) => {
          try {
            await work(piece);
          } catch (error) {
            failed.push(piece);
            throw error;
          }
        });
        return {
          module: { providers: [Jobs] },
          use: () => ({
            offer: (piece) => stub.send(url, piece),
            fateOf(piece): PieceFate | undefined {
              if (failed.includes(piece)) return 'failed';
              const state = stub.stateOf(url, piece);
              if (state === 'visible') return 'waiting';
              return state === undefined ? 'completed' : undefined;
            },
          }),
        };
      });

      itKeepsTheContract(rig);
    });

    /** An application with one consumer, whose messages are pieces of `Work`. */
    async function started(settings: {
      options?: GracefulOptions | null;
      consumer?: object;
      provider?: (url: string) => Type;
    }) {
      const url = queueUrl();
      let work!: Work;
      const Jobs =
        settings.provider?.(url) ?? jobsOf(url, (piece) => work.run(piece), settings.consumer);
      const { options } = settings;
      const http = await HttpApp.start({
        platform: 'Express',
        module: { providers: [Jobs] },
        options,
      });
      work = http.work;
      await eventually('the first poll', () => stub.pollsOf(url) === 1);
      const { consumer } = http.app.get<{ consumer: Consumer }>(Jobs);
      return { url, http, work, consumer };
    }

    it('handles what is in hand at SIGTERM, deletes it, and takes no other', async () => {
      const { url, http, work } = await started({});
      stub.send(url, 'one');
      await work.begun('one');
      http.signal();
      await http.phase('drain');
      stub.send(url, 'two');
      work.finish('one');
      expect(await http.exited()).toBe(0);
      expect(stub.stateOf(url, 'one')).toBeUndefined();
      expect([stub.stateOf(url, 'two'), stub.receivedOf(url, 'two')]).toEqual(['visible', 0]);
      expect(work.inFlightAtDestroy).toBe(0);
      expect(http.report.sources).toEqual([
        expect.objectContaining({ kind: 'message', before: 1, after: 0, finished: 1, cut: 0 }),
      ]);
    });

    it('gives back at once what the poll brings that was out', async () => {
      const { url, http, work } = await started({ consumer: { waitTimeSeconds: 20 } });
      http.signal();
      await http.phase('drain');
      stub.send(url, 'late');
      expect(await http.exited()).toBe(0);
      expect([stub.stateOf(url, 'late'), stub.receivedOf(url, 'late')]).toEqual(['visible', 1]);
      expect(work.started).toEqual([]);
    });

    it('the control: after stop() that poll is handled, and cut', async () => {
      const { url, http, work } = await started({
        options: null,
        consumer: { waitTimeSeconds: 20 },
      });
      await http.close();
      stub.send(url, 'late');
      await work.begun('late');
      expect(stub.stateOf(url, 'late')).toBe('received'); // the process would have ended with it
      work.finish('late');
    });

    it('does not count a poll without messages as over time', async () => {
      const { http } = await started({
        options: { gracePeriodMs: 3_000 },
        consumer: { waitTimeSeconds: 20 },
      });
      http.signal();
      expect(await http.exited()).toBe(0);
      expect(http.report.outcome).toBe('clean');
    });

    it('does not wait for it where somebody waits', async () => {
      const { url, http, consumer } = await started({ consumer: { waitTimeSeconds: 20 } });
      const failures: unknown[] = [];
      consumer.on('error', (error) => void failures.push(error));
      await http.close();
      expect(stub.pollsOf(url)).toBe(0);
      expect(failures).toEqual([]);
    });

    it('gives back what has no time left', async () => {
      const { url, http, work } = await started({
        options: { gracePeriodMs: 3_000 },
        consumer: { visibilityTimeout: 600, heartbeatInterval: 1 },
      });
      stub.send(url, 'long');
      await work.begun('long');
      http.signal();
      expect(await http.exited()).toBe(1);
      expect(stub.stateOf(url, 'long')).toBe('visible');
      expect(http.report.sources).toEqual([
        expect.objectContaining({ before: 1, finished: 0, givenBack: 1, cut: 0 }),
      ]);
      work.finish('long');
    });

    it('hands batches over whole, or gives them back whole', async () => {
      let work!: Work;
      const handleMessageBatch = async (messages: Message[]) => {
        await Promise.all(messages.map(({ Body }) => work.run(Body)));
        return messages;
      };
      const { url, http, ...rest } = await started({
        consumer: { handleMessage: undefined, handleMessageBatch, waitTimeSeconds: 20 },
      });
      work = rest.work;
      stub.send(url, 'first');
      await work.begun('first');
      http.signal();
      await http.phase('drain');
      expect(http.graceful.progress().inFlight).toHaveLength(1);
      work.finish('first');
      expect(await http.exited()).toBe(0);
      expect(stub.stateOf(url, 'first')).toBeUndefined();
    });

    it('lets the application stop it, and does not start what that has stopped', async () => {
      const { url, http, work, consumer } = await started({});
      await http.graceful.drain();
      let stopped = false;
      consumer.once('stopped', () => (stopped = true));
      consumer.stop();
      expect(stopped).toBe(true);
      http.graceful.resume();
      stub.send(url, 'kept');
      await eventually('no poll', () => stub.pollsOf(url) === 0);
      expect(work.started).toEqual([]);
      consumer.start();
      await work.begun('kept');
      work.finish('kept');
      await http.close();
    });

    it('is found when a hook has made it, as late as when it is started', async () => {
      const late = (url: string): Type => {
        @Injectable()
        class Late {
          consumer?: Consumer;

          constructor(private readonly work: Work) {}

          onApplicationBootstrap(): void {
            this.consumer = Consumer.create({
              queueUrl: url,
              sqs: new SQSClient(stub.clientOptions),
              waitTimeSeconds: 1,
              handleMessage: async (message) => {
                await this.work.run(message.Body);
                return message;
              },
            });
            this.consumer.start();
          }
        }
        return Late;
      };
      const { url, http, work } = await started({ provider: late });
      stub.send(url, 'one');
      await work.begun('one');
      http.signal();
      await http.phase('drain');
      work.finish('one');
      expect(await http.exited()).toBe(0);
      expect(stub.stateOf(url, 'one')).toBeUndefined();
      expect(work.inFlightAtDestroy).toBe(0);
    });
  });
});

describeWith(jobLibraries, () => {
  it('finds the consumer of docs/integrations/sqs.md', async () => {
    const url = queueUrl();
    const placed: string[] = [];

    @Injectable()
    class Orders {
      constructor(private readonly work: Work) {}

      async place(order: string): Promise<void> {
        await this.work.run(order);
        placed.push(order);
      }
    }
    class Client extends SQSClient {
      constructor() {
        super(stub.clientOptions);
      }
    }
    const { OrderConsumer } = await exampleOf<{ OrderConsumer: Type }>('docs/integrations/sqs.md', {
      './orders.js': { Orders },
      '@aws-sdk/client-sqs': { SQSClient: Client },
      'sqs-consumer': await load<object>('sqs-consumer-14'),
    });
    process.env['ORDERS_URL'] = url;
    const http = await HttpApp.start({
      platform: 'Express',
      module: { providers: [Orders, OrderConsumer] },
    });
    stub.send(url, 'seven');
    await http.work.begun('seven');
    http.signal();
    await http.phase('drain');
    http.work.finish('seven');
    expect(await http.exited()).toBe(0);
    expect(placed).toEqual(['seven']);
    expect(stub.stateOf(url, 'seven')).toBeUndefined();
  });
});
