import { GRACE_PERIOD_VARIABLE } from '../../options/grace-period.js';
import type { Platform } from '../../options/platform.js';
import { limitText } from '../../report/text.js';
import type { Edit, Finding, Unreadable } from './finding.js';
import type { Severity } from './severity.js';
import { graceOn, type PlanFacts } from './plan-facts.js';
import { ruleOf, type RuleId } from './rules/catalogue.js';
import { hasMark } from './text/marks.js';
import type { Reading } from './text/numbers.js';
import type { Place } from './text/source.js';
import { Value } from './text/value.js';

/** What the user has said of the run. */
export interface Settings {
  readonly plan?: PlanFacts;
  /** `--container`: the container, service or process that is the application. */
  readonly container?: string;
  /** `--target`: the stage of a Dockerfile. */
  readonly target?: string;
  /** `--kubernetes`: such as `1.28`. */
  readonly kubernetes?: string;
  /** What comments and the configuration have switched off. */
  readonly isOff?: (rule: RuleId, place: Place) => boolean;
}

/** What a finding says beside its rule. */
export interface Statement {
  readonly at: Value | Place;
  readonly subject: string;
  readonly message: string;
  readonly remedy: string;
  readonly severity?: Severity;
  readonly edit?: Edit;
}

/** What an application plans with, and who says so. */
export interface Wanted {
  readonly ms: number;
  readonly by: string;
}

/** What is known of the run, and what was found so far. */
export class CheckContext {
  readonly findings: Finding[] = [];
  readonly unreadable: Unreadable[] = [];
  /** How many workloads, images and the like were looked at, and how many templates could not be. */
  readonly counts = { checked: 0, templates: 0 };
  /** The configuration of datree that demands a preStop hook, if there is one. */
  datreePolicy?: string;

  constructor(readonly settings: Settings) {}

  get plan(): PlanFacts | undefined {
    return this.settings.plan;
  }

  report(rule: RuleId, { at, severity, ...statement }: Statement): void {
    const place = at instanceof Value ? at.place : at;
    if (this.settings.isOff?.(rule, place)) return;
    const { subject, message, remedy, edit } = statement;
    this.findings.push({
      rule,
      severity: severity ?? ruleOf(rule).severity,
      place,
      subject: printable(subject),
      message: printable(message),
      remedy: printable(remedy),
      ...(edit && { edit }),
    });
  }

  /** A number that a rule can use; what is wrong with it is said, and what nobody knows yet too. */
  use(reading: Reading, at: Value, subject: string, key: string): number | undefined {
    if (reading.kind === 'number') {
      if (reading.surprise !== undefined) {
        const remedy = `Write ${key}: ${reading.value}, or the number that you mean.`;
        this.report('value/differs', {
          at,
          subject,
          message: `${key}: ${reading.surprise}`,
          remedy,
        });
      }
      return reading.value;
    }
    if (reading.kind === 'wrong') {
      const message = `${key}: ${reading.why}`;
      this.report('value/wrong', { at, subject, message, remedy: `Correct ${key}.` });
    }
    if (reading.kind === 'unknown') {
      const message = `${key} is a mark that is not filled in: it was not checked`;
      this.report('template/mark', { at, subject, message, remedy: 'Check the rendered file.' });
    }
    return undefined;
  }

  /** What the application plans with on a platform; undefined without a plan. */
  wanted(platform: Platform, environment: Environment, subject: string): Wanted | undefined {
    const variable = environment.get(GRACE_PERIOD_VARIABLE);
    if (variable?.isSet && !variable.isUnknown) {
      const ms = this.variableMs(variable, subject);
      return ms === undefined ? undefined : { ms, by: GRACE_PERIOD_VARIABLE };
    }
    if (variable?.isUnknown || !this.plan) return undefined;
    return { ms: graceOn(this.plan, platform), by: 'plan' };
  }

  private variableMs(value: Value, subject: string): number | undefined {
    const text = value.text ?? '';
    if (hasMark(text)) return undefined;
    const ms = /^\d+$/.test(text) ? Number(text) : NaN;
    if (ms >= 1_000) return ms;
    const meant =
      ms >= 1 && ms <= 300 ? `Did you mean ${ms * 1_000} (${ms} s)?` : 'Set it to 30000 or so.';
    this.report('grace/variable', {
      at: value,
      subject,
      message: `${GRACE_PERIOD_VARIABLE} is ${text || 'empty'}: expected a whole number of milliseconds of at least 1000`,
      remedy: meant,
    });
    return undefined;
  }

  /** Whether the application listens to a signal; undefined when that is not known. */
  hears(signal: string): boolean | undefined {
    const name = signalName(signal);
    if (name === 'SIGKILL' || name === 'SIGSTOP') return false;
    return this.plan?.signals?.includes(name);
  }

  /** Says it of a stop signal that the application does not listen to. */
  checkSignal(at: Value | Place, signal: string, subject: string, key: string): void {
    if (hasMark(signal) || this.hears(signal) !== false) return;
    const heard = this.plan?.signals?.join(', ') ?? 'SIGTERM';
    this.report('stop-signal', {
      at,
      subject,
      message: `${key} is ${signal}, which the application does not listen to (it listens to ${heard})`,
      remedy: `Remove ${key}, so that SIGTERM is sent, or add it to the option signals.`,
    });
  }
}

/** The variables of a process, as its manifest sets them. */
export type Environment = ReadonlyMap<string, Value>;

/** `15`, `TERM` and `SIGTERM` are one signal. */
function signalName(signal: string): string {
  const numbers: Readonly<Record<string, string>> = {
    '1': 'SIGHUP',
    '2': 'SIGINT',
    '3': 'SIGQUIT',
    '9': 'SIGKILL',
    '10': 'SIGUSR1',
    '12': 'SIGUSR2',
    '15': 'SIGTERM',
  };
  const name = numbers[signal.trim()] ?? signal.trim().toUpperCase();
  return name.startsWith('SIG') ? name : `SIG${name}`;
}

/** On one line of a terminal, whatever a file holds. */
function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

/** `30 s` */
export function seconds(ms: number): string {
  return ms === 0 ? '0 s' : limitText(ms);
}
