import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormerLives, SILENT_MS, type UncleanEnd } from '../../../lib/process/former-lives.js';
import { LifeMarker, type LifeSigns } from '../../../lib/process/life-marker.js';
import { ownIdentity } from '../../../lib/process/process-identity.js';
import { VirtualClock } from '../../support/virtual-clock.js';

const SIGNS: LifeSigns = {
  phase: 'drain',
  inFlight: { http: 2 },
  rssBytes: 1_000,
  uptimeMs: 5_000,
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'graceful-former-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const path = (name: string) => join(folder, `${name}.life.json`);

/** The marker of a process that the system of this one knows nothing of. */
function leave(name: string, beat = 0): void {
  const process = { pid: 1, scope: 'another container', startTicks: '7' };
  writeFileSync(path(name), JSON.stringify({ version: 1, process, startedAt: 1, ...SIGNS, beat }));
}

function start() {
  const clock = new VirtualClock();
  const ends: UncleanEnd[] = [];
  const lives = new FormerLives(folder, path('own'), clock, (end) => ends.push(end));
  lives.look();
  return { clock, ends, lives };
}

describe('a marker', () => {
  it('is found by its process, and holds what was written last, however long that was', () => {
    const marker = new LifeMarker(folder, 1_000);
    marker.write({ ...SIGNS, inFlight: { http: 2, 'a queue of a very long name': 123_456 } });
    marker.write(SIGNS);
    const text = readFileSync(marker.path, 'utf8');
    expect(text).toHaveLength(2_048);
    expect(JSON.parse(text)).toEqual({
      version: 1,
      process: ownIdentity(),
      startedAt: 1_000,
      ...SIGNS,
    });
    marker.remove();
    marker.write(SIGNS); // too late, and no error
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves out what does not fit', () => {
    const marker = new LifeMarker(folder, 1_000);
    const inFlight = Object.fromEntries(
      Array.from({ length: 200 }, (_, i) => [`queue ${i} ${'é'.repeat(20)}`, i]),
    );
    marker.write({ ...SIGNS, inFlight });
    expect(JSON.parse(readFileSync(marker.path, 'utf8'))).toMatchObject({
      phase: 'drain',
      inFlight: {},
    });
    marker.remove();
  });
});

describe('former lives', () => {
  it('of this system are known at once: those that run are left alone', () => {
    const running = new LifeMarker(folder, 1);
    running.write(SIGNS);
    const own = ownIdentity();
    const reused = { ...own, startTicks: '1' }; // its number is another process' now
    const over = { ...own, pid: 4_194_304 }; // more than any system gives
    for (const [name, process] of Object.entries({ reused, over })) {
      writeFileSync(path(name), JSON.stringify({ version: 1, process, startedAt: 1, ...SIGNS }));
    }
    const { ends, clock } = start();
    expect(new Set(ends.map(({ record }) => record?.process.startTicks))).toEqual(
      new Set(['1', own.startTicks]),
    );
    expect(readdirSync(folder)).toEqual([expect.stringContaining(`${own.pid}-`)]);
    expect(clock.pendingTimers).toBe(0);
    running.remove();
  });

  it('of another container are over when their markers have been silent', async () => {
    leave('silent');
    const { clock, ends } = start();
    await clock.advance(SILENT_MS - 1);
    expect(ends).toEqual([]);
    await clock.advance(1);
    expect(ends).toEqual([
      { record: expect.objectContaining({ phase: 'drain' }), lastSeenAt: expect.any(Number) },
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('go on while their markers change, wherever the clock has jumped', async () => {
    leave('alive');
    const { clock, ends } = start();
    for (let beat = 1; beat < 10; beat += 1) {
      leave('alive', beat);
      const jumped = new Date(Date.now() + (beat % 2 === 0 ? 1 : -1) * 86_400_000);
      utimesSync(path('alive'), jumped, jumped);
      await clock.advance(2_500);
    }
    expect(ends).toEqual([]);
    expect(readdirSync(folder)).toEqual(['alive.life.json']);
  });

  it('that are torn are told of, without what they said', async () => {
    writeFileSync(path('torn'), '{"version":1,"process":{"pi');
    writeFileSync(path('empty'), '');
    writeFileSync(path('newer'), '{"version":2}');
    writeFileSync(join(folder, 'of-somebody-else.txt'), 'x');
    const { clock, ends } = start();
    await clock.advance(SILENT_MS);
    expect(ends).toHaveLength(3);
    for (const end of ends) expect(end).toEqual({ lastSeenAt: expect.any(Number) });
    expect(readdirSync(folder)).toEqual(['of-somebody-else.txt']);
  });

  it('that end in order while they are watched are not told of', async () => {
    leave('ends');
    const { clock, ends, lives } = start();
    await clock.advance(2_500);
    rmSync(path('ends'));
    await clock.advance(SILENT_MS);
    expect(ends).toEqual([]);
    leave('left');
    lives.look();
    lives.stop();
    expect(clock.pendingTimers).toBe(0);
  });
});
