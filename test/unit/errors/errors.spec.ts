import { describe, expect, it } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { describeValue } from '../../../lib/errors/describe-value.js';
import { GracefulError } from '../../../lib/errors/graceful.error.js';
import * as published from '../../../lib/index.js';

const folder = new URL('../../../lib/errors/', import.meta.url);

/** `invalid-option.error.ts` as `InvalidOptionError`. */
const classNames = readdirSync(folder)
  .filter((file) => file.endsWith('.error.ts'))
  .map((file) =>
    file
      .replace(/\.ts$/, '')
      .split(/[-.]/)
      .map((word) => word[0]?.toUpperCase() + word.slice(1))
      .join(''),
  );

type ErrorClass = new (...args: unknown[]) => GracefulError;

/** Arguments to make one of each. */
const samples: Record<string, unknown[]> = {
  BudgetExceededError: [30_000, [['drainTimeoutMs', 31_000]]],
  ConnectionInUseError: ['Database.pool', '1 of 1 connections is checked out'],
  DrainOverError: [],
  DuplicateModuleError: [2, ['AppModule', 'OrdersModule']],
  DuplicatePhaseError: ['drain'],
  InvalidDecoratorError: ['OnFlush', 'class Cache', 'a class is no method'],
  InvalidOptionError: ['exitProcess', 'true or false', 1, 'Pass a boolean.'],
  MissingForRootError: [],
  OrderCycleError: ['tasks', ['a', 'b', 'a']],
  PhaseOverError: ['drain', 'Cache@save'],
  ProbeServerError: ['0.0.0.0', 9_000, new Error('EADDRINUSE')],
  ShuttingDownError: ['SIGTERM'],
  TaskTimeoutError: ['Cache@save', 'flush', 100],
  UnknownOptionError: ['grace', ['gracePeriodMs']],
  UnknownOrderTargetError: ['Cache', 'order[0]', ['Database@close']],
  UnknownPhaseError: ['drian', 'Cache@save', ['drain']],
  UnsupportedNestError: ['10.4.22', '11.0.0'],
};

describe('every error', () => {
  const concrete = classNames.filter((name) => name !== 'GracefulError');

  it('has a sample here', () => {
    expect(Object.keys(samples).sort()).toEqual(concrete.sort());
  });

  it.each(classNames)('%s is published', (name) => {
    expect(published).toHaveProperty(name);
  });

  it.each(Object.keys(samples))('%s has its name, a code of its own and a stack', (name) => {
    const Class = (published as unknown as Record<string, ErrorClass>)[name];
    const error = new Class(...(samples[name] ?? []));
    expect(error).toBeInstanceOf(GracefulError);
    expect(error).toBeInstanceOf(Error);
    expect(error.name).toBe(name);
    const words = name.replace(/Error$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, '_');
    expect(error.code).toBe(`GRACEFUL_${words.toUpperCase()}`);
    expect(String(error)).toBe(`${name}: ${error.message}`);
    expect(error.message).not.toMatch(/undefined|\[object|NaN/);
    expect(error.stack).toContain('errors.spec');
  });

  it.each(Object.keys(samples))('%s says what to do', (name) => {
    const Class = (published as unknown as Record<string, ErrorClass>)[name];
    const { message } = new Class(...(samples[name] ?? []));
    expect(message).toMatch(
      /\b(Pass|Write|Remove|Use|Put|Keep|Add|Give|Lower|Choose|Take|Name|Finish|Raise)\b/,
    );
    expect(message).toMatch(/\.$/);
  });
});

describe('the name that was meant', () => {
  const tasks = ['Database@close', 'Cache.onModuleDestroy'];
  const messageOf = (target: unknown) =>
    new published.UnknownOrderTargetError(target, 'order[0].provider', tasks).message;

  it.each([
    ['Database', 'Did you mean the class Database, without quotes? Name a class'],
    ['Databse', 'Did you mean Database? Name a class'],
    ['Database@closes', 'Did you mean Database@close? Name a class'],
    ['Queue', 'application. Name a class'],
  ])('%s', (target, expected) => {
    expect(messageOf(target)).toContain(expected);
  });

  it('is not guessed for what is no name', () => {
    class Database {
      name = 'database';
    }
    expect(messageOf(Database)).toContain('application. Name a class');
  });

  it('stands before the list of the options of a decorator, too', () => {
    expect(new published.UnknownOptionError('timeout', ['timeoutMs'], '@OnFlush()').message).toBe(
      '@OnFlush() has no option `timeout`. Did you mean `timeoutMs`? Remove it or use one of: timeoutMs.',
    );
  });
});

describe('the messages that nothing else covers', () => {
  it('two registrations', () => {
    expect(new published.DuplicateModuleError(2, ['AppModule', 'OrdersModule']).message).toBe(
      'GracefulModule is registered 2 times (in AppModule, OrdersModule), but one application has one shutdown. ' +
        'Keep the one in AppModule; it is global, so the other modules need no import.',
    );
  });

  it('a bare import', () => {
    expect(new published.MissingForRootError().message).toBe(
      'GracefulModule was imported without forRoot(). Write GracefulModule.forRoot() in the imports of AppModule; every option has a default.',
    );
  });
});

describe('a wrong value is shown', () => {
  it.each<[unknown, string]>([
    ['text', "'text' (string)"],
    ['', "'' (string)"],
    ['x'.repeat(100), `'${'x'.repeat(60)}' (string)`],
    [0, '0 (number)'],
    [-0, '0 (number)'],
    [NaN, 'NaN (number)'],
    [5n, '5 (bigint)'],
    [false, 'false (boolean)'],
    [Symbol('s'), 'Symbol(s) (symbol)'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1, 2], 'an array of 2'],
    [{ secret: 1 }, 'an object'],
    [Object.create(null), 'an object'],
    [new Map(), 'an object'],
    [GracefulError, 'GracefulError (function)'],
    [() => 1, 'an anonymous function (function)'],
  ])('%p as %s', (value, text) => {
    expect(describeValue(value)).toBe(text);
  });
});
