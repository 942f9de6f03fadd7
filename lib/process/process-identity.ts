import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells one process from all others, as far as the system lets it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Where this process number means anything: a boot of the system and a namespace of numbers, or a host. */
  readonly scope: string;
  /** When it was started, in ticks since the boot; only Linux tells. */
  readonly startTicks?: string;
}

/** Fields of `/proc/<pid>/stat` behind the name of the program, which may hold anything (proc(5)): 22 is the start. */
const START_FIELD = 22 - 3;

export function ownIdentity(): ProcessIdentity {
  const startTicks = startOf(process.pid);
  return { pid: process.pid, scope: scope(), ...(startTicks !== undefined && { startTicks }) };
}

/** Whether a process still runs; undefined when its number says nothing here, as that of another container. */
export function isRunning(other: ProcessIdentity): boolean | undefined {
  if (other.scope !== scope()) return undefined;
  if (!exists(other.pid)) return false;
  const ticks = startOf(other.pid);
  return ticks === undefined || other.startTicks === undefined || ticks === other.startTicks;
}

function scope(): string {
  const boot = read(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const namespace = read(() => readlinkSync('/proc/self/ns/pid'));
  return boot && namespace ? `${boot} ${namespace}` : hostname();
}

function startOf(pid: number): string | undefined {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_FIELD];
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // somebody else's
  }
}

function read<T>(call: () => T): T | undefined {
  try {
    return call();
  } catch {
    return undefined; // not on this system
  }
}
