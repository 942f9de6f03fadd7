import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printed, sentence } from '../../../lib/log/line.js';
import { notHandedOver } from '../../../lib/log/shutdown-lines.js';
import { EXAMPLES, SENTENCES } from '../../support/log-docs.js';

/** What a terminal of a usual width shows in four rows, and what every collector of logs takes in one piece. */
const MOST_LETTERS = 450;

const lib = join(import.meta.dirname, '../../../lib');
const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => ({ file, code: readFileSync(join(lib, file), 'utf8') }));
const all = SENTENCES.flatMap(({ sentences }) => Object.entries(sentences));

describe('the lines of the log', () => {
  it('have ids of their own, in words', () => {
    const ids = all.map(([, { id }]) => id);
    expect(ids).toEqual([...new Set(ids)]);
    for (const id of ids) expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
  });

  it.each(all)('%s is used', (name, { id }) => {
    const users = sources.filter(
      ({ file, code }) => !file.startsWith('log/') && new RegExp(`\\b${name}\\(`).test(code),
    );
    const chosen = sources.filter(({ file, code }) => {
      return !file.startsWith('log/') && new RegExp(`[?:] ${name}\\b`).test(code);
    });
    expect([id, [...users, ...chosen].length]).not.toEqual([id, 0]);
  });

  it('are explained: a sentence says what each means, and one what to do about trouble', () => {
    for (const [, about] of all) {
      expect(about.means).toMatch(/^[`A-Z@].*\.$/s);
    }
    for (const { toDo } of all.flatMap(([, about]) => (about.level === 'log' ? [] : [about]))) {
      expect(toDo).toMatch(/^[`A-Z].*\.$/s);
    }
    expect([...EXAMPLES.keys()].sort()).toEqual(all.map(([, { id }]) => id).sort());
  });

  it.each([...EXAMPLES.values()].map((line) => [line.id, line] as const))(
    '%s can be read at one go, and ends with its id',
    (id, line) => {
      const [first = ''] = printed(line).split('\n');
      expect(first.endsWith(` [${id}]`)).toBe(true);
      expect(first.length).toBeLessThanOrEqual(MOST_LETTERS);
      expect(first).not.toMatch(/undefined|NaN|\[object/);
    },
  );

  it('keep the password of a URL to themselves', () => {
    const error = new Error('no answer from amqp://shop:s3cr%40et@rabbit:5672/live');
    expect(notHandedOver({ output: 'Logs', error }).text).toBe(
      'Logs was not handed over: Error: no answer from amqp://shop:***@rabbit:5672/live',
    );
  });

  it('have the id before a stack or a drawing', () => {
    const drawn = sentence(
      { id: 'drawing', level: 'log', means: 'A drawing.' },
      () => 'A\n  B\n C',
    );
    expect(printed(drawn())).toBe('A [drawing]\n  B\n C');
  });
});

describe('the log', () => {
  it('is written to by one file, which takes lines only', () => {
    const loggers = sources.filter(({ code }) =>
      /new Logger\(|Logger\.(log|warn|error)\(/.test(code),
    );
    expect(loggers.map(({ file }) => file)).toEqual(['nest/nest-log.ts']);
    const writers = sources.filter(({ code }) =>
      /console\.(log|warn|error)\(|std(out|err)\.write\(/.test(code),
    );
    // The command writes its own output.
    expect(writers.map(({ file }) => file).sort()).toEqual(['cli/main.ts', 'nest/nest-log.ts']);
  });
});
