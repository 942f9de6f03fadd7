/**
 * Reads from its stdin which processes and directories the parent has made. When stdin ends, the parent is gone,
 * however it died (SIGKILL leaves no time for a handler), and what is left of the list is taken away.
 */
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReaperEntry } from './keeper.js';

const processes = new Map<number, NodeJS.Signals>();
const directories = new Set<string>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

void reap();

async function reap(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const entry = JSON.parse(line) as ReaperEntry;
    if ('process' in entry) processes.set(entry.process, entry.signal);
    else if ('gone' in entry) processes.delete(entry.gone);
    else directories.add(entry.directory);
  }

  for (const [pid, signal] of processes) send(pid, signal);
  for (let tries = 0; tries < 50 && [...processes.keys()].some((pid) => send(pid, 0)); tries++)
    await sleep(100);
  for (const pid of processes.keys()) send(-pid, 'SIGKILL'); // with what they started: each leads a group of its own
  for (const path of directories) await rm(path, { recursive: true, force: true });
}

function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it has already ended
  }
}
