import { afterEach, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { ARMS, CELLS, startArm } from '../support/pair.js';
import { killStarted, type StartedProgram } from '../support/started-program.js';

afterEach(killStarted);

/** A stream, as its client sees it. */
class Stream {
  body = '';
  readonly whole: Promise<string>;
  private look: () => void = () => undefined;

  constructor(port: number, method: string, path: string) {
    this.whole = new Promise((resolve, reject) => {
      const outgoing = request(
        { port, method, path, host: '127.0.0.1', agent: false },
        (answer) => {
          answer.on('data', (data: Buffer) => {
            this.body += String(data);
            this.look();
          });
          answer.on('end', () => resolve(this.body));
          answer.on('error', reject);
        },
      );
      outgoing.on('error', reject).end();
    });
    this.whole.catch(() => undefined);
  }

  async until(text: string): Promise<void> {
    if (this.body.includes(text)) return;
    await new Promise<void>((resolve) => {
      this.look = () => this.body.includes(text) && resolve();
    });
  }
}

async function portOf(program: StartedProgram): Promise<number> {
  return (await program.event('listening'))['port'] as number;
}

describe.each(CELLS)('on Nest $nestMajor, $platform', (cell) => {
  it('streams that end by themselves end whole, in answer to a POST or a GET', async () => {
    const bodies = ARMS.map(async (arm) => {
      const program = startArm(cell, arm, 'event-streams');
      const port = await portOf(program);
      const chat = new Stream(port, 'POST', '/chat');
      const progress = new Stream(port, 'GET', '/progress');
      await Promise.all([chat.until('token 1'), progress.until('step 1')]);
      program.signal('SIGTERM');
      const whole = await Promise.all([chat.whole, progress.whole]);
      await program.end;
      return whole;
    });

    for (const [chat, progress] of await Promise.all(bodies)) {
      expect(chat).toMatch(/token 9\n\ndata: \[DONE\]\n\n$/);
      expect(progress).toMatch(/step 8\n\n.*data: \[DONE\]\n\n$/s);
    }
  });

  it('the last event that the application sends in a hook is sent', async () => {
    const bodies = ARMS.map(async (arm) => {
      const program = startArm(cell, arm, 'event-streams', { goodbye: true });
      const news = new Stream(await portOf(program), 'GET', '/news');
      await news.until('hello');
      program.signal('SIGTERM');
      await program.end;
      return news.whole;
    });
    for (const body of await Promise.all(bodies)) expect(body).toMatch(/data: goodbye\n\n$/);
  });

  it('with the module, what the end of an endless stream sets off finds its providers open', async () => {
    const program = startArm(cell, 'with the module', 'event-streams');
    const port = await portOf(program);
    const streams = [1, 2].map(() => new Stream(port, 'GET', '/ticks'));
    await Promise.all(streams.map((stream) => stream.until('tick 1')));
    program.signal('SIGTERM');

    const bodies = await Promise.all(streams.map(({ whole }) => whole));
    expect(await program.end).toMatchObject({ code: 0 });
    expect(program.names()).toEqual(['listening', 'written', 'written', 'closed']);
    const retries = bodies.map((body) => /retry: (\d+)\n\n$/.exec(body)?.[1]);
    expect(new Set(retries)).not.toContain(undefined);
  });

  it('clients of endless streams are not told to come back in one moment', async () => {
    const retriesOf = async (graceful: object) => {
      const program = startArm(cell, 'with the module', 'event-streams', { graceful });
      const port = await portOf(program);
      const streams = Array.from({ length: 40 }, () => new Stream(port, 'GET', '/ticks'));
      await Promise.all(streams.map((stream) => stream.until('tick 1')));
      program.signal('SIGTERM');
      const bodies = await Promise.all(streams.map(({ whole }) => whole));
      await program.end;
      return bodies.flatMap((body) => /retry: (\d+)\n\n$/.exec(body)?.[1] ?? []).map(Number);
    };
    const [spread, untold] = await Promise.all([retriesOf({}), retriesOf({ sseRetryMs: 0 })]);

    expect(spread).toHaveLength(40);
    const together = (from: number) => spread.filter((ms) => ms >= from && ms < from + 100).length;
    expect(Math.max(...spread.map(together))).toBeLessThan(20);
    expect(untold).toEqual([]); // the control: an EventSource waits for 3 s, and so do all
  });
});
