// A thread that tells of every stall of the main thread that is longer than all before, also while it lasts.
import { workerData } from 'node:worker_threads';
import { tell } from './tell.js';

const turned = workerData as Float64Array;
const never = new Int32Array(new SharedArrayBuffer(4));
let longest = 2;

for (;;) {
  Atomics.wait(never, 0, 0, 1);
  const [turnedAt = 0, cpuThen = 0] = turned;
  const now = Number(process.hrtime.bigint()) / 1e6;
  const stallMs = now - turnedAt;
  if (stallMs < longest + 1) continue;
  longest = stallMs;
  const { user, system } = process.cpuUsage();
  tell({ event: 'stall', at: now, stallMs, cpuMs: (user + system) / 1e3 - cpuThen });
}
