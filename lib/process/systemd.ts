import { spawn } from 'node:child_process';
import { clearTimeout, setTimeout } from '../time/real-timers.js';
import type { ProcessPort } from './process-port.js';

/** systemd asks for a sign twice as often as it would give up (sd_watchdog_enabled(3)). */
const WATCHDOG_SHARE = 2;
const US_PER_MS = 1_000;
const WATCHDOG = 'WATCHDOG=1';

/**
 * Tells systemd how far the service is, for `Type=notify` (sd_notify(3)). Node has no datagram sockets of Unix domains, so
 * `systemd-notify` sends it, which is where systemd is. Nobody waits for it, and where it is missing nothing is sent: without
 * a receiver that answers its barrier, that of systemd 252 takes 5 s and fails.
 *
 * With `--no-block` it would have ended by the time that systemd looks whose message it is, which then is lost.
 */
export class Systemd {
  private isMissing = false;
  private isSending = false;
  private readonly waiting: Array<readonly string[]> = [];
  private watchdog?: NodeJS.Timeout;

  constructor(private readonly port: Pick<ProcessPort, 'env' | 'pid' | 'mainThread'>) {}

  /** Readiness waits for this, in milliseconds, and the start with it. */
  warmingUp(mostMs: number): void {
    this.send(['STATUS=Warming up', `EXTEND_TIMEOUT_USEC=${Math.round(mostMs * US_PER_MS)}`]);
  }

  ready(): void {
    this.send(['READY=1', 'STATUS=Ready']);
    const everyMs = this.watchdogMs;
    if (everyMs === undefined || this.watchdog) return;
    this.beat(everyMs);
  }

  /** The process ends after this at the latest, in milliseconds: `TimeoutStopSec` is extended to that, if it is shorter. */
  stopping(mostMs: number): void {
    this.send([
      'STOPPING=1',
      'STATUS=Shutting down',
      `EXTEND_TIMEOUT_USEC=${Math.round(mostMs * US_PER_MS)}`,
    ]);
  }

  /** The shutdown is over, or was none of the process. */
  forget(): void {
    clearTimeout(this.watchdog);
    this.watchdog = undefined;
  }

  private beat(everyMs: number): void {
    this.send([WATCHDOG]);
    this.watchdog = setTimeout(() => this.beat(everyMs), everyMs);
    this.watchdog.unref();
  }

  /** Children inherit the socket, and are not the service: a worker, or what this application starts. */
  private get isAsked(): boolean {
    const { env, pid, mainThread } = this.port;
    const main = env['SYSTEMD_EXEC_PID'];
    return Boolean(env['NOTIFY_SOCKET']) && mainThread && (!main || main === String(pid));
  }

  /** How often a sign of life is wanted, in milliseconds; undefined when none is. */
  private get watchdogMs(): number | undefined {
    const { env, pid } = this.port;
    const us = Number(env['WATCHDOG_USEC']);
    const meant = env['WATCHDOG_PID'];
    if (!this.isAsked || !(us > 0) || (meant && meant !== String(pid))) return undefined;
    return Math.max(1, us / US_PER_MS / WATCHDOG_SHARE);
  }

  /** One after the other, or two could change places; a sign of life is not worth a queue. */
  private send(words: readonly string[]): void {
    if (!this.isAsked || this.isMissing) return;
    if (!this.isSending) return this.spawn(words);
    if (!words.includes(WATCHDOG)) this.waiting.push(words);
  }

  private spawn(words: readonly string[]): void {
    this.isSending = true;
    try {
      const child = spawn('systemd-notify', [...words], { stdio: 'ignore', env: this.port.env });
      child.once('error', () => this.missing());
      child.once('exit', () => this.sent());
      child.unref();
    } catch {
      this.missing(); // no process can be made
    }
  }

  private missing(): void {
    this.isMissing = true;
    this.waiting.length = 0;
  }

  private sent(): void {
    this.isSending = false;
    const next = this.waiting.shift();
    if (next) this.spawn(next);
  }
}
