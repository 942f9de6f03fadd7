import { seconds, type CheckContext, type Wanted } from '../context.js';
import { inserted, replaced } from '../edits.js';
import type { Edit } from '../finding.js';
import { preStopOf } from '../kubernetes/pre-stop.js';
import { environmentOf, type Workload } from '../kubernetes/workload.js';
import { readInteger } from '../text/numbers.js';
import type { Value } from '../text/value.js';

const KEY = 'terminationGracePeriodSeconds';
/** What Kubernetes gives without the key. */
const DEFAULT_SECONDS = 30;
/** What a Knative revision gives without `timeoutSeconds`. */
const KNATIVE_SECONDS = 300;

/** The grace period of a pod. */
interface PodGrace {
  readonly value: Value;
  readonly key: string;
  readonly ms: number;
  /** Such as `the default of 30 s`. */
  readonly text: string;
}

/** The sum of preStop and the plan against the pod's grace period. */
export function checkGrace(workload: Workload, context: CheckContext): void {
  const grace = graceOf(workload, context);
  if (grace === undefined || workload.isJob) return;
  if (grace.ms === 0) return reportZero(grace, workload, context);
  const { app, subject, isWhole } = workload;
  const hook = app && preStopOf(app.value);
  const hookMs = hook?.ms ?? 0;
  if (hook && hookMs >= grace.ms && (isWhole || grace.value.isSet)) {
    return context.report('prestop/overruns', {
      at: hook.value,
      subject,
      message: `preStop ${seconds(hookMs)} >= ${seconds(grace.ms)} (${grace.text}): no time is left for the application`,
      remedy: 'Remove the hook; the phase propagate waits for the load balancers.',
    });
  }
  if (!app || !workload.isOfThePlan || (!isWhole && !grace.value.isSet)) return;
  const wanted = context.wanted('kubernetes', environmentOf(app.value), subject);
  if (wanted) compare(workload, grace, hookMs, wanted, context);
}

function graceOf(
  { podSpec, subject, isKnative }: Workload,
  context: CheckContext,
): PodGrace | undefined {
  const key = isKnative ? 'timeoutSeconds' : KEY;
  const value = podSpec.get(key);
  const reading = readInteger(value);
  if (reading.kind === 'unset') {
    const byDefault = isKnative ? KNATIVE_SECONDS : DEFAULT_SECONDS;
    return { value, key, ms: byDefault * 1_000, text: `the default of ${byDefault} s` };
  }
  const given = context.use(reading, value, subject, key);
  return given === undefined
    ? undefined
    : { value, key, ms: given * 1_000, text: `${key}: ${given}` };
}

function reportZero({ value, key }: PodGrace, { subject }: Workload, context: CheckContext): void {
  context.report('grace/zero', {
    at: value,
    subject,
    message: `${key} is 0: the container is killed without a signal`,
    remedy: `Set ${key} to what the plan needs, or remove it for the default of 30 s.`,
  });
}

function compare(
  workload: Workload,
  grace: PodGrace,
  hookMs: number,
  { ms, by }: Wanted,
  context: CheckContext,
): void {
  const { subject, app, podSpec } = workload;
  const hook = app && preStopOf(app.value);
  const need = Math.ceil((ms + hookMs) / 1_000);
  const plan = `${by} ${seconds(ms)}`;
  const remedy = `Set ${grace.key}: ${need}`;
  const at = grace.value.isSet ? grace.value : podSpec;
  const edit = editOf(grace, podSpec, need);
  if (ms > grace.ms) {
    const sum = hookMs > 0 ? `preStop ${seconds(hookMs)} + ${plan}` : plan;
    const message = `${sum} > ${seconds(grace.ms)} (${grace.text})`;
    return context.report('grace/too-short', { at, subject, message, remedy, edit });
  }
  if (hook && ms + hookMs > grace.ms) {
    const message = `preStop ${seconds(hookMs)} + ${plan} > ${seconds(grace.ms)} (${grace.text})`;
    const or = `, or remove the hook, or set GRACEFUL_GRACE_PERIOD_MS to ${grace.ms - hookMs}`;
    return context.report('prestop/eats-grace', {
      at: hook.value,
      subject,
      message,
      remedy: remedy + or,
      edit,
    });
  }
  if (workload.isKnative || grace.ms - hookMs - ms < 1_000) return;
  context.report('grace/mismatch', {
    at,
    subject,
    message: `${plan} < ${seconds(grace.ms - hookMs)} (${grace.text}${hookMs > 0 ? ', less preStop' : ''})`,
    remedy: `Set GRACEFUL_GRACE_PERIOD_MS to ${grace.ms - hookMs} in the container, or ${grace.key} to ${need}`,
  });
}

function editOf({ value, key }: PodGrace, podSpec: Value, need: number): Edit | undefined {
  return value.isSet ? replaced(value, String(need)) : inserted(podSpec, key, String(need));
}
