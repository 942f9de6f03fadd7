import { describe, expect, it } from '@jest/globals';
import type { EventEmitter } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { AbandonedResponses } from '../../lib/http/abandoned-responses.js';
import { Http1Connection } from '../../lib/http/http1-connection.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { requestText } from '../support/raw-client.js';

function listenersOf(emitter: EventEmitter): Record<string, number> {
  return Object.fromEntries(
    emitter.eventNames().map((name) => [String(name), emitter.listenerCount(name)]),
  );
}

describeOnPlatforms((target) => {
  describe('a thousand requests on one connection', () => {
    it('leave no listener behind, on the connection or the server', async () => {
      const app = await HttpApp.start(target);
      const client = await app.idleClient();
      const socket = app.socketOf(client);
      const before = [listenersOf(socket), listenersOf(app.server)];

      for (let count = 0; count < 1_000; count += 1) await client.get('/fast').response();

      expect([listenersOf(socket), listenersOf(app.server)]).toEqual(before);
      const connection = Http1Connection.of(socket);
      expect(connection?.unfinished().length).toBeLessThanOrEqual(1); // the server may not know yet that it is done
    });

    it('leave nothing of a pipeline behind', async () => {
      const app = await HttpApp.start(target);
      const client = await app.connect();
      for (let count = 0; count < 100; count += 1) {
        client.send(requestText('GET', '/fast').repeat(10));
        for (let answers = 0; answers < 10; answers += 1) await client.response();
      }

      const connection = Http1Connection.of(app.socketOf(client)) as object;
      const kept = Object.values(connection).flat() as unknown[];
      const responses = kept.filter((value) => value instanceof ServerResponse);
      expect(responses.length).toBeLessThanOrEqual(20);
    });
  });
});

describe('responses whose clients have gone', () => {
  function responses(count: number): ServerResponse[] {
    return Array.from(
      { length: count },
      () => new ServerResponse(new IncomingMessage(new Socket())),
    );
  }

  it('are forgotten once they are answered', () => {
    const abandoned = new AbandonedResponses();
    const unanswered = responses(100);
    for (const response of unanswered) abandoned.add(response);

    for (const response of responses(10_000)) {
      abandoned.add(response);
      response.end();
    }

    expect(abandoned.unanswered()).toEqual(unanswered);
    const { refs } = abandoned as unknown as { refs: unknown[] };
    expect(refs.length).toBeLessThanOrEqual(2 * unanswered.length + 64);
  });

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['ended', (response) => response.end('done')],
    ['written to', (response) => response.write('some')],
    ['given its head', (response) => response.writeHead(200)],
    ['flushed', (response) => response.flushHeaders()],
    ['piped into', (response) => response.emit('pipe')],
  ])('are answered when they are %s', (_how, answer) => {
    const abandoned = new AbandonedResponses();
    const [response] = responses(1) as [ServerResponse];
    abandoned.add(response);
    response.destroy();
    expect(abandoned.unanswered()).toEqual([response]);

    response.on('error', () => undefined);
    answer(response);

    expect(abandoned.unanswered()).toEqual([]);
  });
});
