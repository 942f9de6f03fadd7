import type { Platform } from '../../../options/platform.js';
import { seconds, type CheckContext, type Environment } from '../context.js';
import type { Edit } from '../finding.js';
import type { Place } from '../text/source.js';
import type { Value } from '../text/value.js';
import type { RuleId } from './catalogue.js';

/** What a platform gives a process between its signal and SIGKILL. */
export interface Given {
  readonly rule: RuleId;
  readonly platform: Platform;
  readonly at: Value | Place;
  readonly subject: string;
  readonly ms: number;
  /** Such as `kill_timeout: 5`, or `the default of 5 s`. */
  readonly text: string;
  readonly environment?: Environment;
  /** What to write, for a grace period in milliseconds. */
  readonly remedy: (ms: number) => string;
  readonly edit?: (ms: number) => Edit | undefined;
}

const NOTHING: Environment = new Map();

/** The plan against what the platform gives. */
export function checkGiven(given: Given, context: CheckContext): void {
  const { rule, platform, at, subject, ms, text, environment = NOTHING, remedy, edit } = given;
  const wanted = context.wanted(platform, environment, subject);
  if (!wanted || wanted.ms <= ms) return;
  context.report(rule, {
    at,
    subject,
    message: `${wanted.by} ${seconds(wanted.ms)} > ${seconds(ms)} (${text})`,
    remedy: remedy(wanted.ms),
    edit: edit?.(wanted.ms),
  });
}

/** Whole seconds that hold so many milliseconds. */
export function wholeSeconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
