import { describe, expect, it } from '@jest/globals';
import {
  closingListener,
  endingListener,
  looksLikeForcedEnd,
} from '../../../lib/process/ending-listeners.js';

/** The listener that this source text is. */
function listener(source: string): () => unknown {
  // Compiled from text, so that no compiler of the tests changes it.
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(`return (${source})`)() as () => unknown;
}

const ends = (source: string) => endingListener(listener(source));

describe('a listener that ends the process', () => {
  it.each([
    ["OpenTelemetry's guides", '() => { sdk.shutdown().finally(() => process.exit(0)) }'],
    ['a bare exit', '() => process.exit(0)'],
    ['an imported exit', '() => { log(1); exit(1) }'],
    ['what tsc makes of an import', '() => (0, node_process_1.exit)(0)'],
    ['what esbuild makes of it', '() => import_node_process.default.exit(0)'],
    ['a server that is closed', 'function stop() { server.close(() => process.exit(0)) }'],
    ['a pool that is closed', 'async () => { await pool.close(); process.exit(0) }'],
    ['an abort', 'function () { process.abort() }'],
  ])('is known by its text: %s', (_how, source) => {
    expect(ends(source)).toEqual({ excerpt: source, forcedAfterMs: [] });
  });

  it.each([
    ['setTimeout(() => process.exit(1), 5_000)', [5_000]],
    ['setTimeout(process.exit, 5000, 1).unref()', [5_000]],
    ['setTimeout(() => { log(")"); process.exit(1) }, 9000)', [9_000]],
    ['setTimeout(() => process.exit(1), LIMIT)', []],
  ])('that has a limit is known by it: %s', (timer, forcedAfterMs) => {
    const found = ends(`async () => { ${timer}; await app.close(); process.exit(0) }`);
    expect(found?.forcedAfterMs).toEqual(forcedAfterMs);
  });

  it.each([
    ['one that closes the application first', 'async () => { await app.close(); process.exit(0) }'],
    ['the same by then()', '() => app.close().then(() => process.exit(0))'],
    [
      'the same with a catch',
      'async () => { try { await app?.close() } catch { process.exit(1) } }',
    ],
    ['the same, minified', 'async()=>{await e.close(),process.exit(0)}'],
    [
      'one that sleeps behind it',
      'async () => { await app.close(); await new Promise((r) => setTimeout(r, 9)); process.exit(0) }',
    ],
    [
      'one that exits a moment after it',
      'async () => { await app.close(); setTimeout(() => process.exit(0), 100) }',
    ],
    ['one that uses this module', "async () => { await graceful.shutdown('x'); process.exit(0) }"],
    ['one that only logs', "() => console.log('process.exit() comes later')"],
    ['one that says so in a comment', '() => { log(1); /* process.exit(0) */ }'],
    [
      'one that exits only when it is alone',
      "() => { if (process.listenerCount('SIGTERM') === 1) process.exit(0) }",
    ],
    ['one that raises the signal', '() => process.kill(process.pid, sig)'],
    ['a method of that name', '() => { editor.exit() }'],
  ])('is not %s', (_what, source) => {
    expect(ends(source)).toBeUndefined();
  });

  it('can not be known by a bound function', () => {
    expect(endingListener(listener('() => process.exit(0)').bind(null))).toBeUndefined();
  });

  it('is shown by the beginning of its text, on one line', () => {
    const { excerpt = '' } =
      ends(`() => {\n  log('${'x'.repeat(200)}');\n  process.exit(0);\n}`) ?? {};
    expect(excerpt).toMatch(/^\(\) => \{ log\('x+…$/);
    expect(excerpt).toHaveLength(80);
  });
});

describe('the callback of a timer', () => {
  it.each([
    ['() => process.exit(1)', true],
    ["() => { log('too late'); process.exit(1) }", true],
    ['() => app.close().then(() => process.exit(0))', false],
    ['async () => { await flush(); process.exit(0) }', false],
    ['() => resolve()', false],
  ])('forces the end or not: %s, %s', (source, forces) => {
    expect(looksLikeForcedEnd(listener(source))).toBe(forces);
  });
});

describe('a listener that closes what is still used', () => {
  const closes = (source: string) => closingListener(listener(source));

  it.each([
    ['a pool', 'async () => { await pool.end() }'],
    ['a client of Prisma', 'async () => { await this.prisma.$disconnect() }'],
    ['Redis', '() => redis.quit()'],
    ['the telemetry, as its guides have it', '() => void sdk.shutdown().catch(log)'],
    ['a server of its own', '() => server.close()'],
    ['a pool, before the application', 'async () => { await pool.end(); await app.close() }'],
  ])('is known by its text: %s', (_what, source) => {
    expect(closes(source)).toBe(source);
  });

  it.each([
    ['the application', 'async () => { await app.close() }'],
    ['a pool, after the application', 'async () => { await app.close(); await pool.end() }'],
    ['a file', '() => file.close()'],
    ['nothing', "() => log('pool.end() comes later')"],
    ['a timer of a test runner', '() => { this.stop() }'],
    ['what nobody else ends', "() => { if (process.listenerCount('SIGTERM') === 1) pool.end() }"],
  ])('is none that closes %s', (_what, source) => {
    expect(closes(source)).toBeUndefined();
  });
});
