import { StartedProgram, type StartOptions } from './started-program.js';

/** The two of a pair: the same application on plain Nest, which is the control, and with one line more. */
export const ARMS = ['plain Nest', 'with the module'] as const;
export type Arm = (typeof ARMS)[number];

export interface Cell {
  readonly nestMajor: 11 | 12;
  readonly platform: 'express' | 'fastify';
}

/** Where HTTP matters, a pair runs in all four; elsewhere in `MAJORS`. */
export const CELLS: readonly Cell[] = [
  { nestMajor: 12, platform: 'express' },
  { nestMajor: 12, platform: 'fastify' },
  { nestMajor: 11, platform: 'express' },
  { nestMajor: 11, platform: 'fastify' },
];
export const MAJORS = CELLS.filter(({ platform }) => platform === 'express');

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
