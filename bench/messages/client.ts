// Sends messages from a process of its own, told what to do by messages: { kind, port, queue, ms }. Answers how many were
// answered, or for jobs put into the queue.
import { ClientProxyFactory, Transport, type ClientOptions } from '@nestjs/microservices';
import { Queue } from 'bullmq';
import { firstValueFrom } from 'rxjs';
import { WebSocket } from 'ws';

interface Order {
  readonly kind: string;
  readonly port: number;
  readonly queue: string;
  readonly ms: number;
}

/** Sends one message and resolves with its answer. */
type Send = () => Promise<unknown>;

const CLIENTS = 8;
const env = (name: string, fallback: string) => process.env[name] ?? fallback;
const senders = new Map<string, Promise<readonly Send[]>>();

process.on('message', (order: Order) => {
  void follow(order).then((count) => process.send?.({ count }));
});

async function follow({ kind, port, queue, ms }: Order): Promise<number> {
  const key = `${kind} ${port} ${queue}`;
  const opened = senders.get(key) ?? open(kind, port, queue);
  senders.set(key, opened);
  const end = performance.now() + ms;
  let count = 0;
  const one = async (send: Send): Promise<void> => {
    while (performance.now() < end) {
      await send();
      count += 1;
    }
  };
  await Promise.all((await opened).map(one));
  return count;
}

async function open(kind: string, port: number, queue: string): Promise<Send[]> {
  if (kind === 'bullmq') return [jobs(queue)];
  const clients = Array.from({ length: CLIENTS });
  if (kind === 'websocket') return Promise.all(clients.map(() => webSocket(port)));
  const proxies = clients.map(() => ClientProxyFactory.create(optionsOf(kind, port, queue)));
  await Promise.all(proxies.map((proxy) => proxy.connect()));
  // Two at once on each connection.
  return [...proxies, ...proxies].map((proxy) => () => firstValueFrom(proxy.send('order', 42)));
}

function optionsOf(kind: string, port: number, queue: string): ClientOptions {
  if (kind === 'tcp') return { transport: Transport.TCP, options: { host: '127.0.0.1', port } };
  if (kind === 'nats') {
    const servers = [env('NATS_URL', 'nats://127.0.0.1:4222')];
    return { transport: Transport.NATS, options: { servers } };
  }
  const urls = [env('RABBITMQ_URL', 'amqp://127.0.0.1:5672')];
  const queueOptions = { durable: false, autoDelete: true };
  return { transport: Transport.RMQ, options: { urls, queue, queueOptions } };
}

async function webSocket(port: number): Promise<Send> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const message = JSON.stringify({ event: 'order', data: 42 });
  return () =>
    new Promise((resolve) => {
      socket.once('message', resolve);
      socket.send(message);
    });
}

/** Many in one call, which says nothing of when they are done. */
function jobs(name: string): Send {
  const queue = new Queue(name, {
    connection: { url: env('REDIS_URL', 'redis://127.0.0.1:6379') },
    defaultJobOptions: { removeOnComplete: true },
  });
  const many = Array.from({ length: 100 }, () => ({ name: 'order', data: { id: 42 } }));
  return () => queue.addBulk(many);
}
