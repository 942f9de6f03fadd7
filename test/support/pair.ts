import { StartedProgram, type StartOptions } from './started-program.js';

/** The two of a pair: the same application on plain Nest, which is the control, and with one line more. */
export const ARMS = ['plain Nest', 'with the module'] as const;
export type Arm = (typeof ARMS)[number];

export interface Cell {
  readonly nestMajor: 11 | 12;
  readonly platform: 'express' | 'fastify';
}

const GRID: readonly Cell[] = [
  { nestMajor: 12, platform: 'express' },
  { nestMajor: 12, platform: 'fastify' },
  { nestMajor: 11, platform: 'express' },
  { nestMajor: 11, platform: 'fastify' },
];
const isWhole = process.env['GRACEFUL_GRID'] === 'whole';

/**
 * Where HTTP matters, a pair runs on both majors and both platforms; in all four cells with GRACEFUL_GRID=whole.
 * A process takes more than a second, so `npm test` runs the diagonal.
 */
export const CELLS = isWhole ? GRID : GRID.filter((_, index) => index === 0 || index === 3);
/** Where it does not. */
export const MAJORS = GRID.filter(({ platform }) => platform === 'express');

/** Starts one of a pair: a program of `test/programs/never-worse`, in a process of its own. */
export function startArm(
  { nestMajor, platform }: Cell,
  arm: Arm,
  program: string,
  settings: object = {},
  options: StartOptions = {},
): StartedProgram {
  const told = { ...settings, platform, plain: arm === 'plain Nest' };
  return new StartedProgram(nestMajor, `never-worse/${program}`, told, options);
}
