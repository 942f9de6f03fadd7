import { setTimeout as sleep } from 'node:timers/promises';
import { AppProcess } from './app-process.js';
import { ask } from './ask.js';

const EVERY_MS = 100;
/** How long a load balancer goes on sending after `/healthz` has said no. */
const LAG_MS = 500;

export interface Outcome {
  readonly slowRequest: string;
  /** Answers to a probe every 100 ms from SIGTERM on, until the process has ended. */
  readonly healthz: readonly string[];
  /** Answers to the requests that a load balancer sent which believed in `/healthz`. */
  readonly orders: readonly string[];
  readonly end: string;
  readonly seconds: number;
}

/** Starts the app, sends it a slow request, and SIGTERM while that is under way. */
export async function stopUnderLoad(env: Record<string, string>): Promise<Outcome> {
  const app = new AppProcess(env);
  const url = await app.url;
  const slow = ask(`${url}/orders/report`);
  await sleep(300); // well under way: it takes 1.5 s

  const stoppedAt = performance.now();
  let seconds = 0;
  const ended = app.ended.then((end) => {
    seconds = (performance.now() - stoppedAt) / 1_000;
    return end;
  });
  const probing = probe(url, ended);
  app.terminate();
  const [end, slowRequest, { healthz, orders }] = await Promise.all([ended, slow, probing]);
  return { slowRequest, healthz, orders, end, seconds };
}

async function probe(url: string, ended: Promise<unknown>) {
  const healthz: string[] = [];
  const orders: Array<Promise<string>> = [];
  let over = false;
  void ended.then(() => (over = true));
  let healthyAt = performance.now();
  for (;;) {
    await sleep(EVERY_MS);
    if (over) return { healthz, orders: await Promise.all(orders) };
    const status = await ask(`${url}/healthz`, 'kube-probe/1.34');
    healthz.push(status);
    if (status === '200') healthyAt = performance.now();
    if (performance.now() - healthyAt < LAG_MS) orders.push(ask(`${url}/orders`));
  }
}
