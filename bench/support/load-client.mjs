// A load generator in a process of its own, told what to do by messages:
//
//   { port, path, connections, ms }          as fast as the server answers: one request on each connection at any time
//   { port, path, connections, ms, rate }    so many requests a second, however long the answers take
//
// Connections stay open between two orders for the same port.
import { Connection } from './connection.mjs';

/** @type {Map<number, Connection[]>} */
const pools = new Map();

process.on('message', (order) => void follow(order));

async function follow(order) {
  const pool = await connectionsTo(order);
  process.send(await (order.rate ? openLoop(order, pool) : closedLoop(order, pool)));
}

async function connectionsTo({ port, connections }) {
  const pool = (pools.get(port) ?? []).filter(({ open }) => open);
  while (pool.length < connections) pool.push(await Connection.open(port));
  pools.set(port, pool);
  return pool;
}

async function closedLoop({ path, ms }, pool) {
  const latencies = [];
  const startedAt = performance.now();
  const end = startedAt + ms;
  await Promise.all(
    pool.map(async (connection) => {
      for (let sentAt = startedAt; sentAt < end;) {
        const { status, at } = await connection.get(path);
        if (status !== 200) throw new Error(`the server answered ${status}`);
        latencies.push(at - sentAt);
        sentAt = at;
      }
    }),
  );
  return summary(latencies, performance.now() - startedAt);
}

/** A request that finds no free connection waits for one, and the wait counts. */
async function openLoop({ path, ms, rate }, pool) {
  const latencies = [];
  const free = [...pool];
  const waiting = [];
  const startedAt = performance.now();
  const total = Math.floor((rate * ms) / 1_000);
  let sent = 0;

  const send = async (connection, since) => {
    const { status, at } = await connection.get(path);
    if (status !== 200) throw new Error(`the server answered ${status}`);
    latencies.push(at - since);
    const next = waiting.shift();
    if (next === undefined) free.push(connection);
    else void send(connection, next);
  };
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const now = performance.now();
      const due = Math.min(total, Math.floor(((now - startedAt) * rate) / 1_000));
      for (; sent < due; sent++) {
        const connection = free.pop();
        if (connection) void send(connection, now);
        else waiting.push(now);
      }
      if (latencies.length < total) return;
      clearInterval(timer);
      resolve();
    }, 1);
  });
  return summary(latencies, performance.now() - startedAt);
}

function summary(latencies, ms) {
  latencies.sort((a, b) => a - b);
  const quantile = (q) => latencies[Math.ceil(q * latencies.length) - 1];
  return { requests: latencies.length, ms, p50: quantile(0.5), p99: quantile(0.99) };
}
