import type { WriteStream } from 'node:tty';
import type { Replica } from 'nestjs-graceful/testing/rig';
import type { Watched } from './run-variant.js';
import { withoutPrefix } from './timeline.js';

const TITLES = { module: 'with nestjs-graceful', plain: 'plain Nest' };

/** What goes on, in place on a terminal, and as one line every two seconds anywhere else. */
export class Progress {
  private timer?: NodeJS.Timeout;
  private drawnLines = 0;
  private rate = 0;
  private lastSent = 0;
  private lastAt = 0;

  constructor(private readonly out: WriteStream) {}

  say(line: string): void {
    this.out.write(`${line}\n`);
  }

  readonly watch = (watched: Watched): void => {
    this.rate = 0;
    this.lastSent = 0;
    this.lastAt = performance.now();
    this.timer = this.out.isTTY
      ? setInterval(() => this.draw(this.lines(watched)), 200)
      : setInterval(() => this.say(this.lines(watched).join(' | ')), 2_000);
  };

  done(): void {
    clearInterval(this.timer);
    if (this.drawnLines > 0) this.draw([]);
  }

  private lines({ variant, load, rollout }: Watched): string[] {
    const now = performance.now();
    if (now - this.lastAt > 950) {
      this.rate = ((load.sent - this.lastSent) / (now - this.lastAt)) * 1_000;
      this.lastSent = load.sent;
      this.lastAt = now;
    }
    const head =
      `${TITLES[variant]}: ${Math.round(this.rate)}/s, ${load.inFlightCount} in flight, ` +
      `${load.sent} sent, ${load.failures.length} lost`;
    const replicas = rollout.replicas
      .filter(({ state }) => state !== 'gone')
      .map((replica) => describe(replica, now, this.out.isTTY));
    return this.out.isTTY
      ? [head, ...replicas.map((replica) => `  ${replica}`)]
      : [head, replicas.join(', ')];
  }

  private draw(lines: string[]): void {
    const up = this.drawnLines > 0 ? `\x1b[${this.drawnLines}A\r` : '';
    const width = this.out.columns ?? 80;
    this.out.write(`${up}\x1b[J${lines.map((line) => `${line.slice(0, width - 1)}\n`).join('')}`);
    this.drawnLines = lines.length;
  }
}

/** Where a replica is; on a terminal there is room for its own last word about it. */
function describe({ name, state, terminatedAt, log }: Replica, now: number, wordy: boolean) {
  if (state !== 'terminating' || terminatedAt === undefined) return `${name} ${state}`;
  const since = `${name} ${state} ${((now - terminatedAt) / 1_000).toFixed(1)} s`;
  const last = log[log.length - 1];
  return wordy && last?.at >= terminatedAt ? `${since}: ${withoutPrefix(last.text)}` : since;
}
