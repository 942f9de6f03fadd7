import { durationText, limitText } from '../report/text.js';
import { sentence } from './line.js';

/** What is said of the warm-up, which comes between listening and readiness. */

/** Something that has run, and how long, in milliseconds. */
interface Done {
  readonly name: string;
  readonly durationMs: number;
}

export const warmingUp = sentence(
  {
    id: 'warming-up',
    level: 'log',
    means: 'The application listens, and readiness stays down until the warm-up is over.',
  },
  (of: { readonly names: readonly string[]; readonly timeoutMs: number }) =>
    `Warming up before readiness opens, at most ${limitText(of.timeoutMs)}: ${of.names.join(', ')}`,
);

export const warmedUp = sentence(
  {
    id: 'warmed-up',
    level: 'log',
    means: 'The warm-up is over, and readiness is open. The slowest part comes first.',
  },
  (of: { readonly durationMs: number; readonly parts: readonly Done[] }) => {
    const parts = [...of.parts].sort((a, b) => b.durationMs - a.durationMs);
    const list = parts.map(({ name, durationMs }) => `${name} ${durationText(durationMs)}`);
    return `Warmed up in ${durationText(of.durationMs)}, readiness is open (${list.join(', ')})`;
  },
);

export const warmUpFailed = sentence(
  {
    id: 'warm-up-failed',
    level: 'warn',
    means:
      'A part of the warm-up failed. Readiness opens all the same, and what it was to warm is cold.',
    toDo: 'Look at what the method or the route needs; a failure that comes at each start is one of the set-up.',
  },
  (of: { readonly name: string; readonly problem: string }) =>
    `The warm-up ${of.name} failed: ${of.problem}. Readiness does not wait for it.`,
);

export const warmUpSlow = sentence(
  {
    id: 'warm-up-slow',
    level: 'warn',
    means: 'The warm-up took longer than `warmUp.timeoutMs`, so readiness was opened without it.',
    toDo: 'Make what the line names faster, or raise `warmUp.timeoutMs` and with it the failureThreshold of the startup probe.',
  },
  (of: {
    readonly timeoutMs: number;
    readonly running: readonly string[];
    readonly waiting: readonly string[];
  }) => {
    const waiting = of.waiting.length > 0 ? `; not begun: ${of.waiting.join(', ')}` : '';
    return (
      `The warm-up is not over after ${limitText(of.timeoutMs)} (warmUp.timeoutMs), and readiness is open without it. ` +
      `Still running: ${of.running.join(', ')}${waiting}`
    );
  },
);
