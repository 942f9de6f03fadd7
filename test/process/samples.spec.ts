import { beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { block, compile, expectItsCode, runSample, shapeOf, type Run } from '../support/sample.js';

const root = join(import.meta.dirname, '../..');

beforeAll(async () => {
  await Promise.all(['02-ordered-shutdown', '03-existing-terminus-app'].map(compile));
}, 60_000);

describe('sample 02, an ordered shutdown', () => {
  const folder = join(root, 'sample/02-ordered-shutdown');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  let clean: Run;
  let brokerDown: Run;
  let unordered: Run;

  beforeAll(async () => {
    const debug = { LOG_LEVELS: 'log,warn,error,debug' }; // every call to the database is a line
    [clean, brokerDown, unordered] = await Promise.all([
      runSample(join(folder, 'dist/run/run.js'), [], debug),
      runSample(join(folder, 'dist/run/run.js'), ['--broker-down']),
      runSample(join(withoutOrder(folder), 'dist/run/run.js'), [], debug),
    ]);
  }, 60_000);

  it('ends clean, and everything has arrived outside', () => {
    expect(clean.code).toBe(0);
    expect(clean.lines.filter((line) => /^(the |SIGTERM)/.test(line))).toEqual([
      expect.stringMatching(/^SIGTERM: clean in [\d.]+ s, exit code 0$/),
      'the app ended with code 0',
      'the export: 200, 3 orders, 0 invoices', // those were still being written
      'the registry: nobody',
      'the broker: order placed, order placed, order placed, sealed',
      'the collector: {"orders placed":3,"events relayed":4}',
    ]);
    expect(clean.lines.join('\n')).not.toMatch(/WARN|ERROR/);
  });

  it('did what its plan had said, in that order', () => {
    const plan = planOf(clean.lines).filter(({ phase }) => phase !== 'propagate'); // no wait here
    const names = plan.map(({ name }) => name);
    const inOrder = plan.flatMap((later, at) =>
      plan
        .slice(0, at)
        .filter(({ phase, name }) => phase !== later.phase || later.after.includes(name))
        .map((earlier) => [earlier.name, later.name] as const),
    );
    expect(names).toEqual(expect.arrayContaining(tasksOfTheApp));
    expect(inOrder.length).toBeGreaterThan(50);

    // As the report tells it, row by row.
    const began = chartOf(clean.lines);
    expect(began.toSorted()).toEqual(names.toSorted());
    expect(inOrder.filter(([a, b]) => began.indexOf(a) > began.indexOf(b))).toEqual([]);

    // As the app itself tells it: each of its tasks says a word when it is done.
    const contexts = clean.lines.flatMap((line) => /LOG \[(\w+)\]/.exec(line)?.[1] ?? []);
    const done = tasksOfTheApp.toSorted(
      (a, b) => contexts.indexOf(classOf(a)) - contexts.indexOf(classOf(b)),
    );
    const ofTheApp = inOrder.filter((pair) => pair.every((name) => done.includes(name)));
    expect(contexts).toEqual(expect.arrayContaining(tasksOfTheApp.map(classOf)));
    expect(ofTheApp.length).toBeGreaterThan(15);
    expect(ofTheApp.filter(([a, b]) => done.indexOf(a) > done.indexOf(b))).toEqual([]);
  });

  it('touches nothing that is closed, and loses nothing', () => {
    expect(clean.lines.filter((line) => line.includes('[Database]')).length).toBeGreaterThan(20);
    expect(usesAfterClose(clean.lines)).toEqual([]);
    expect(at(clean, /LOG \[WriterLock\] released/)).toBeGreaterThan(at(clean, CLOSED));
  });

  // The control: each of the three words is needed, and the test above would see it.
  it('would do both without `before`, `after` and `order`', () => {
    expect(usesAfterClose(unordered.lines)).toEqual([
      expect.stringContaining('insert into used_keys'),
    ]);
    expect(unordered.lines).toContain('the collector: {"orders placed":3}');
    expect(at(unordered, /LOG \[WriterLock\] released/)).toBeLessThan(at(unordered, CLOSED));
  });

  it('ends with code 1 when what is critical fails, and says what it was', () => {
    expect(brokerDown.code).toBe(1);
    expect(brokerDown.lines).toContainEqual(expect.stringMatching(/^! +OutboxRelay@empty .*x$/));
    expect(brokerDown.lines).toContainEqual(expect.stringContaining('the broker answers 503'));
    // The others have run all the same.
    expect(brokerDown.lines).toContainEqual(expect.stringMatching(/LOG \[WriterLock\] released$/));
  });

  it('has a README that shows its code', () => expectItsCode(readme, folder));

  it('has a README that shows what it prints', () => {
    const printed = clean.lines.filter((line) => !line.includes('DEBUG')).join('\n');
    for (const name of ['plan-output', 'timeline-output']) {
      expect(shapeOf(printed)).toContain(shapeOf(block(readme, name)));
    }
  });
});

describe('sample 03, one line in an existing app', () => {
  const folder = join(root, 'sample/03-existing-terminus-app');
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  let outcome: Record<'before' | 'after', Outcome>;
  let table: string;

  beforeAll(async () => {
    const { lines } = await runSample(join(folder, 'dist/run/run.js'), ['--json']);
    outcome = JSON.parse(lines.at(-1) ?? '') as typeof outcome;
    table = lines.slice(0, -1).join('\n');
  }, 60_000);

  it('is one line and its import', () => {
    const [before, after] = ['app.module.before.ts', 'app.module.ts'].map((name) =>
      readFileSync(join(folder, 'src', name), 'utf8').split('\n'),
    ) as [string[], string[]];
    const added = [
      "import { GracefulModule } from 'nestjs-graceful';",
      '    GracefulModule.forRoot(),',
    ];

    expect(after.filter((line) => added.includes(line))).toEqual(added);
    expect(after.filter((line) => !added.includes(line))).toEqual(before);
    expect([...readme.matchAll(/^\+(?!\+)(.*)$/gm)].map(([, line]) => line)).toEqual(added);
  });

  it('before: the slow request fails, and health says that all is well', () => {
    const { slowRequest, healthz, orders, end } = outcome.before;

    expect(slowRequest).toBe('500');
    expect(healthz.slice(0, 3)).toEqual(['200', '200', '200']);
    expect(orders.slice(0, 3)).toEqual(['500', '500', '500']);
    expect(end).toBe('SIGTERM');
  });

  it('after: the slow request is answered, and health is down at once', () => {
    const { slowRequest, healthz, orders, end } = outcome.after;

    expect(slowRequest).toBe('200');
    expect(healthz.slice(0, 5)).toEqual(Array(5).fill('503'));
    expect(healthz).not.toContain('200');
    expect(new Set(orders)).toEqual(new Set(['200']));
    expect(end).toBe('code 0');
  });

  it('has a README that shows its code', () => expectItsCode(readme, folder));

  it('has a README that shows what it prints', () => {
    // Terminus says 503 for the moment between the last `onModuleDestroy` and the end of the port. A probe may see it.
    const usual = shapeOf(table).replace(', then 503 ×#, then no answer', ', then no answer');
    expect(usual).toBe(shapeOf(block(readme, 'output')));
  });
});

interface Outcome {
  readonly slowRequest: string;
  readonly healthz: readonly string[];
  readonly orders: readonly string[];
  readonly end: string;
}

interface Task {
  readonly phase: string;
  readonly name: string;
  readonly after: readonly string[];
}

const tasksOfTheApp = [
  'Registry@leave',
  'StockFeed.onModuleDestroy',
  'AuditLog@seal',
  'OutboxRelay@empty',
  'Telemetry@push',
  'UsedKeys.onApplicationShutdown',
  'Database.onModuleDestroy',
  'WriterLock.onModuleDestroy',
];

/** A copy of the compiled sample in which nobody says what comes before what. */
function withoutOrder(folder: string): string {
  const copy = join(root, 'test/.cache/samples/02-without-order');
  rmSync(copy, { recursive: true, force: true });
  cpSync(join(folder, 'dist'), join(copy, 'dist'), { recursive: true });
  for (const [path, words] of [
    ['infrastructure/used-keys.js', 'before: [Database]'],
    ['telemetry/telemetry.js', 'after: [OutboxRelay],'],
    ['app.module.js', '{ provider: WriterLock, after: [Database] }'],
  ] as const) {
    const file = join(copy, 'dist', path);
    const code = readFileSync(file, 'utf8');
    expect(code).toContain(words);
    writeFileSync(file, code.replace(words, ''));
  }
  return copy;
}

/** The plan as printed: tasks stand below their phase, in the order they are meant to begin. */
function planOf(lines: readonly string[]): Task[] {
  const from = lines.findIndex((line) => line.endsWith('Shutdown plan [shutdown-plan]'));
  const tasks: Task[] = [];
  let phase = '';
  for (const line of lines.slice(from + 2)) {
    const [, name, notes = ''] = /^[├└] (.+?)(?: {2}\((.*)\))?$/.exec(line) ?? [];
    if (name !== undefined) {
      const [, after] = /(?:^|; )after ([^;]+)/.exec(notes) ?? [];
      tasks.push({ phase, name, after: after?.split(', ') ?? [] });
    } else if (/^\w+ {2}/.test(line)) phase = line.split(' ')[0] ?? '';
    else break;
  }
  return tasks;
}

/** The tasks of the timeline, in the order they began: those of one phase, then of the next. */
function chartOf(lines: readonly string[]): string[] {
  const from = lines.findIndex((line) => /^ +start +took/.test(line));
  return lines.slice(from).flatMap((line) => {
    const [, name] = /^[ !] {3}(\S.*?) +[\d.]+ m?s +[\d.]+ m?s +[-x>]+$/.exec(line) ?? [];
    return name ?? [];
  });
}

const CLOSED = /LOG \[Database\] closed$/;

/** Statements to the database that came when it was closed, or while it was being closed. */
function usesAfterClose(lines: readonly string[]): string[] {
  const begun = lines.findIndex((line) => line.endsWith('DEBUG [Database] close'));
  expect(begun).toBeGreaterThan(0);
  return lines.slice(begun + 1).filter((line) => line.includes('DEBUG [Database]'));
}

function at({ lines }: Run, pattern: RegExp): number {
  const found = lines.findIndex((line) => pattern.test(line));
  expect(found).toBeGreaterThan(0);
  return found;
}

function classOf(task: string): string {
  return task.split(/[@.]/)[0] ?? '';
}
