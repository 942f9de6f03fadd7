import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { HttpApp } from '../support/http-app.js';
import { describeOnTransports } from '../support/platforms.js';
import { requestText } from '../support/raw-client.js';

const CLIENTS = 100;

/** Clients in a thread of their own: says when all are connected, and what each of them got. */
const CLIENTS_PROGRAM = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { connect } = require('node:net');
  const { connect: secure } = require('node:tls');
  const { port, tls, clients, request, connected } = workerData;
  const answers = [];
  for (let client = 0; client < clients; client += 1) {
    let answer = '';
    const tcp = connect(port, '127.0.0.1');
    const socket = tls ? secure({ socket: tcp, rejectUnauthorized: false }) : tcp;
    socket.setEncoding('latin1');
    socket.on('data', (text) => (answer += text));
    socket.on('error', ({ code }) => (answer += code));
    socket.on('close', () => answers.push(answer) === clients && parentPort.postMessage(answers));
    socket.write(request);
    tcp.once('connect', () => {
      if (Atomics.add(connected, 0, 1) + 1 === clients) Atomics.notify(connected, 0);
    });
  }
`;

describeOnTransports((target) => {
  it('connections that came while the event loop was blocked are served, though the listener closes next', async () => {
    const app = await HttpApp.start(target);
    const connected = new Int32Array(new SharedArrayBuffer(4));
    const request = requestText('GET', '/fast');
    const workerData = { port: app.port, tls: target.tls, clients: CLIENTS, request, connected };
    const worker = new Worker(CLIENTS_PROGRAM, { eval: true, workerData });
    const answered = once(worker, 'message') as Promise<[string[]]>;

    while (connected[0] < CLIENTS) {
      if (Atomics.wait(connected, 0, connected[0], 5_000) === 'timed-out')
        throw new Error('not all are connected');
    }
    const closed = app.close();

    const [answers] = await answered;
    expect(answers).toEqual(Array(CLIENTS).fill(expect.stringMatching(/^HTTP\/1.1 200 [^]*fast$/)));
    await closed;
    expect(app.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });
});
