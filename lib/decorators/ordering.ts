import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { UnknownOptionError } from '../errors/unknown-option.error.js';
import type { Ordering, OrderTarget } from '../engine/order-target.js';
import { checkTimeout } from './method-mark.js';

/** As it comes from outside. */
type Unchecked = { readonly [key in keyof Ordering | 'name']?: unknown };

/** Checks the options of one decorator, where it is written. `place` is the decorator as the user wrote it. */
export function checkOrdering(place: string, options: Unchecked, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new InvalidOptionError(
      `the options of ${place}`,
      'an object',
      options,
      'Pass { timeoutMs: 2000 } or the like, or nothing.',
    );
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new UnknownOptionError(key, known, place);
  }
  checkTimeout(`timeoutMs of ${place}`, options.timeoutMs);
  const { critical, name } = options;
  if (critical !== undefined && typeof critical !== 'boolean') {
    throw new InvalidOptionError(
      `critical of ${place}`,
      'true or false',
      critical,
      'Pass a boolean.',
    );
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    throw new InvalidOptionError(
      `name of ${place}`,
      'a non-empty string',
      name,
      'Pass one, or leave it out.',
    );
  }
  for (const key of ['after', 'before'] as const) checkTargets(`${key} of ${place}`, options[key]);
}

/** The class behind a `forwardRef`, which can be asked once everything is loaded. */
export function resolveTarget(target: OrderTarget): unknown {
  return isForwardRef(target) ? target.forwardRef() : target;
}

function checkTargets(option: string, targets: unknown): void {
  if (targets === undefined) return;
  if (!Array.isArray(targets)) {
    throw new InvalidOptionError(option, 'an array', targets, 'Put it into [ ].');
  }
  for (const [index, target] of (targets as unknown[]).entries()) {
    checkTarget(`${option}[${index}]`, target);
  }
}

/** Checks what is meant to name something. */
export function checkTarget(option: string, target: unknown): void {
  const isTarget =
    ['function', 'symbol'].includes(typeof target) ||
    (typeof target === 'string' && target !== '') ||
    isForwardRef(target);
  if (isTarget) return;
  throw new InvalidOptionError(
    option,
    'a class, an injection token or the name of a task',
    target,
    'When it is undefined, its file is part of a circle of imports: write forwardRef(() => Class).',
  );
}

function isForwardRef(target: unknown): target is { forwardRef: () => unknown } {
  return typeof (target as { forwardRef?: unknown } | null)?.forwardRef === 'function';
}
