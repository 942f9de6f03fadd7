import { Injectable, type DynamicModule } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { HttpApp } from '../../support/http-app.js';
import { jobLibraries, load } from '../../support/job-libraries.js';
import { describeWith } from '../../support/services.js';
import { SqsStub } from '../../support/sqs-stub.js';
import { Work } from '../../support/work.js';

interface Library {
  SqsModule: { register(options: object): DynamicModule };
  SqsMessageHandler: (name: string, batch?: boolean) => MethodDecorator;
}

interface Message {
  readonly Body: string;
}

// Its peer range ends with Nest 11.
const service = { ...jobLibraries, available: jobLibraries.available && NEST_MAJOR === 11 };
const describeHere = NEST_MAJOR === 11 ? describeWith : skipped;

function skipped(_service: object, body: () => void): void {
  describe.skip('on Nest 11', () => {
    body();
  });
}

describeHere(service, () => {
  let stub: SqsStub;
  let count = 0;

  beforeAll(async () => {
    stub = await SqsStub.start();
  });
  afterAll(() => stub?.stop());

  async function started(options?: null) {
    const { SqsModule, SqsMessageHandler } = await load<Library>('@ssut/nestjs-sqs');
    const { SQSClient } = await load<{ SQSClient: new (options: object) => object }>(
      '@aws-sdk/client-sqs',
    );

    @Injectable()
    class Orders {
      constructor(private readonly work: Work) {}

      @SqsMessageHandler('orders')
      async place(message: Message): Promise<Message> {
        await this.work.run(message.Body);
        return message;
      }
    }
    const url = stub.urlOf(`ssut-${(count += 1)}`);
    const consumer = {
      name: 'orders',
      queueUrl: url,
      sqs: new SQSClient(stub.clientOptions),
      waitTimeSeconds: 1,
    };
    const http = await HttpApp.start({
      platform: 'Express',
      options,
      module: { imports: [SqsModule.register({ consumers: [consumer] })], providers: [Orders] },
    });
    await eventually('the first poll', () => stub.pollsOf(url) === 1);
    return { url, http, work: http.work };
  }

  it('handles what is in hand at SIGTERM, and takes no other', async () => {
    const { url, http, work } = await started();
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
    expect(http.report.sources).toEqual([expect.objectContaining({ before: 1, finished: 1 })]);
  });

  it('the control: plain Nest cuts it', async () => {
    const { url, http, work } = await started(null);
    stub.send(url, 'one');
    await work.begun('one');
    await http.close();
    expect(work.inFlightAtDestroy).toBe(1);
    expect(stub.stateOf(url, 'one')).toBe('received');
    work.finish('one');
    await eventually('its delete', () => stub.stateOf(url, 'one') === undefined);
  });
});
