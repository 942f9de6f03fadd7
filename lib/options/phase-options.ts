import type { Ordering, OrderTarget } from '../engine/order-target.js';
import type { ShutdownReason } from '../engine/reason.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { checkArray, checkBoolean, checkString, checkStrings } from './option-checks.js';
import { milliseconds, oneOf, settle, type OptionContext, type OptionTable } from './option-row.js';

/** An entry of the option `phases`. At least one of `after` and `before` says where the phase belongs. */
export interface PhaseOptions {
  /** The name, by which tasks and other phases refer to it. */
  readonly name: string;
  /**
   * The phases that must be over before it begins.
   * @default [], so that it begins at once
   */
  readonly after?: readonly string[];
  /**
   * The phases that begin only when it is over. `close` is always one of them, unless it comes after `close`.
   * @default []
   */
  readonly before?: readonly string[];
  /**
   * The longest it may take, in milliseconds; a slow drain can't eat it.
   * @default a fifteenth of the grace period, at most 5000
   */
  readonly timeoutMs?: number;
  /**
   * What happens when one of its tasks is over time: go on, or skip every phase that has not begun, `close` too, for a
   * process that is to end at once.
   * @default 'continue'
   */
  readonly onTimeout?: 'continue' | 'abort';
  /**
   * Leaves it out, always or for some reasons.
   * @default true
   */
  readonly enabled?: boolean | ((reason: ShutdownReason) => boolean);
}

/** An entry of the option `order`. */
export interface OrderOptions extends Ordering {
  /** The class or injection token of the provider. */
  readonly provider: OrderTarget;
  /**
   * The phase its hooks run in.
   * @default 'close'
   */
  readonly phase?: string;
}

/** The options of an entry of `phases`, as `OPTION_TABLE` has those of `forRoot()`. */
export const PHASE_TABLE: OptionTable<PhaseOptions, Required<PhaseOptions>> = {
  name: {
    type: 'string',
    byDefault: () => undefined as never,
    check: checkString,
    about: 'The name, by which tasks and other phases refer to it.',
  },
  after: names('The phases that must be over before it begins.'),
  before: names('The phases that begin only when it is over.'),
  timeoutMs: milliseconds(
    1,
    ({ gracePeriodMs }) => Math.max(1, Math.round(Math.min(gracePeriodMs / 15, 5_000))),
    "The longest it may take, in milliseconds; a slow drain can't eat it.",
  ),
  onTimeout: oneOf(
    ['continue', 'abort'],
    'continue',
    'What happens when one of its tasks is over time: go on, or skip every phase that has not begun, `close` too, for a process that is to end at once.',
  ),
  enabled: {
    type: 'boolean | ((reason: ShutdownReason) => boolean)',
    byDefault: () => true,
    check: (name, value) => {
      if (typeof value !== 'function') checkBoolean(name, value);
    },
    about: 'Leaves it out, always or for some reasons.',
  },
};

/** The option `phases` with every default filled in, each entry checked by itself. */
export function resolvePhases(
  phases: readonly PhaseOptions[],
  context: OptionContext,
): Required<PhaseOptions>[] {
  if (!Array.isArray(phases)) {
    throw new InvalidOptionError(
      'phases',
      'an array',
      phases,
      "Pass [{ name: 'audit', after: ['drain'] }] or the like.",
    );
  }
  return (phases as readonly PhaseOptions[]).map((given, index) => {
    const place = `phases[${index}]`;
    if (typeof given !== 'object' || given === null) {
      throw new InvalidOptionError(
        place,
        'an object',
        given,
        "Pass { name: 'audit', after: ['drain'] }.",
      );
    }
    const resolved = settle<PhaseOptions, Required<PhaseOptions>>(PHASE_TABLE, given, context, {
      prefix: `${place}.`,
    });
    if (resolved.after.length + resolved.before.length > 0) return resolved;
    throw new InvalidOptionError(
      place,
      'a place among the other phases',
      resolved.name,
      "Say `after: ['drain']` or `before: ['flush']` or the like.",
    );
  });
}

function names(about: string) {
  return {
    type: 'readonly string[]',
    byDefault: () => [],
    check: (name: string, value: unknown) => checkStrings(name, checkArray(name, value)),
    about,
  };
}
