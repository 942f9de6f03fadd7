import { seconds, type CheckContext } from '../context.js';
import { replaced } from '../edits.js';
import { probeOf, probeNumber, type Probe } from '../kubernetes/probe.js';
import {
  environmentOf,
  labelsOf,
  selects,
  sharesNamespace,
  type Workload,
} from '../kubernetes/workload.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { ProbeFacts } from '../plan-facts.js';
import { readInteger } from '../text/numbers.js';

/** A path that is named like what stands behind the application. */
const DEEP =
  /(?:^|[/_-])(?:redis|db|database|postgres|mysql|mongo|kafka|rabbit\w*|dependenc\w+|deep)(?:$|[/_?-])/i;

/** The probes of the application's container. */
export function checkProbes(
  workload: Workload,
  services: readonly KubernetesObject[],
  context: CheckContext,
): void {
  const { app, subject, isJob, isKnative, isWhole } = workload;
  if (!app || isJob) return;
  const live = probeOf(app, 'livenessProbe');
  const ready = probeOf(app, 'readinessProbe');
  const startup = probeOf(app, 'startupProbe');
  const service = services.find((one) => isBehind(workload, one));
  if (!ready && isWhole && !isKnative && service) {
    const message = `no readiness probe, behind ${service.subject}`;
    const remedy = `Add readinessProbe: { httpGet: { path: ${context.plan?.probes?.readyPath ?? '/health/ready'}, port: … } }`;
    context.report('probe/missing', { at: app.value, subject, message, remedy });
  }
  if (ready && live) checkDifference(ready, live, subject, context);
  if (ready?.isTcp && ready.target !== live?.target) {
    context.report('probe/readiness-tcp', {
      at: ready.value,
      subject,
      message: 'readiness only connects to the port, which stays open while the application drains',
      remedy: `Use httpGet with the path ${context.plan?.probes?.readyPath ?? '/health/ready'}.`,
    });
  }
  if (live?.path !== undefined && DEEP.test(live.path)) {
    context.report('probe/liveness-deep', {
      at: live.value,
      subject,
      message: `liveness asks ${live.path}: if that is a dependency, its outage restarts every replica`,
      remedy: `Ask ${context.plan?.probes?.livePath ?? '/health/live'}.`,
    });
  }
  const isOne = ready !== undefined && ready.target === live?.target;
  for (const probe of [live, ready, startup]) {
    if (!probe) continue;
    checkOne(probe, workload, context);
    // That two probes ask the same has been said: which of them is wrong says the remedy.
    if (context.plan?.probes && workload.isOfThePlan && !isOne)
      checkPath(probe, context.plan.probes, subject, context);
  }
}

/** Whether a Service sends traffic to the pods. */
export function isBehind(workload: Workload, service: KubernetesObject): boolean {
  const selector = service.value.get('spec', 'selector');
  return sharesNamespace(workload, service) && selects(selector, labelsOf(workload));
}

function checkDifference(ready: Probe, live: Probe, subject: string, context: CheckContext): void {
  if (ready.target === undefined || ready.target !== live.target) return;
  const asked = ready.target.replace(/^(http|tcp|grpc|exec) /, '$1: ').trim();
  context.report('probe/identical', {
    at: ready.value,
    subject,
    message: `liveness and readiness ask the same (${asked})`,
    remedy: `Ask ${context.plan?.probes?.livePath ?? '/health/live'} for liveness and ${context.plan?.probes?.readyPath ?? '/health/ready'} for readiness.`,
  });
}

function checkOne(probe: Probe, workload: Workload, context: CheckContext): void {
  const { subject } = workload;
  checkNumbers(probe, subject, context);
  checkGraceOfProbe(probe, workload, context);
  const { plan } = context;
  if (!plan?.probes || !workload.isOfThePlan) return;
  const timeoutMs = probeNumber(probe, 'timeoutSeconds') * 1_000;
  const { checkTimeoutMs } = plan.probes;
  if (checkTimeoutMs === undefined || timeoutMs >= checkTimeoutMs || probe.path === undefined)
    return;
  context.report('probe/timeout', {
    at: probe.value,
    subject,
    message: `${probe.kind}: timeout ${seconds(timeoutMs)} < ${seconds(checkTimeoutMs)} that a check may take (checkTimeoutMs)`,
    remedy: `Set timeoutSeconds: ${Math.ceil((checkTimeoutMs + 200) / 1_000)}`,
  });
}

/** Types, and a timeout that is longer than the period. */
function checkNumbers(probe: Probe, subject: string, context: CheckContext): void {
  const { value, kind } = probe;
  for (const key of [
    'timeoutSeconds',
    'periodSeconds',
    'failureThreshold',
    'initialDelaySeconds',
  ]) {
    context.use(readInteger(value.get(key)), value.get(key), subject, `${kind}.${key}`);
  }
  const timeout = probeNumber(probe, 'timeoutSeconds');
  const period = probeNumber(probe, 'periodSeconds');
  if (timeout <= period) return;
  const at = value.get('timeoutSeconds');
  context.report('probe/timeout', {
    at,
    subject,
    message: `${kind}: timeout ${timeout} s > period ${period} s`,
    remedy: `Set timeoutSeconds to ${period} or less, or periodSeconds to ${timeout}.`,
    edit: replaced(at, String(period)),
  });
}

/** A restart by a probe may have a shorter end than the pod. */
function checkGraceOfProbe(
  { value, kind }: Probe,
  { app, subject, isOfThePlan }: Workload,
  context: CheckContext,
): void {
  const at = value.get('terminationGracePeriodSeconds');
  const given = context.use(readInteger(at), at, subject, `${kind}.terminationGracePeriodSeconds`);
  if (given === undefined || !app || !isOfThePlan) return;
  const wanted = context.wanted('kubernetes', environmentOf(app.value), subject);
  if (!wanted || given * 1_000 >= wanted.ms) return;
  context.report('grace/probe', {
    at,
    subject,
    message: `a restart by ${kind} gives ${given} s: ${wanted.by} ${seconds(wanted.ms)} > ${given} s`,
    remedy: `Remove terminationGracePeriodSeconds of the probe, or set it to ${Math.ceil(wanted.ms / 1_000)}.`,
    edit: replaced(at, String(Math.ceil(wanted.ms / 1_000))),
  });
}

/** One of our own paths, asked for what it does not answer. A path of the application's own is its business. */
function checkPath(probe: Probe, probes: ProbeFacts, subject: string, context: CheckContext): void {
  const path = probe.path?.replace(/[?#].*$/, '');
  const own = [probes.livePath, probes.readyPath, probes.startupPath];
  if (path === undefined || !own.includes(path)) return;
  const { kind, value } = probe;
  const wanted = {
    livenessProbe: [probes.livePath],
    readinessProbe: [probes.readyPath],
    startupProbe: [probes.startupPath, probes.readyPath, probes.livePath],
  }[kind];
  if (!wanted.includes(path)) {
    return context.report('probe/paths', {
      at: value,
      subject,
      message: `${kind} asks ${path}, which answers another question`,
      remedy: `Ask ${wanted[0]}.`,
    });
  }
  if (probes.port === undefined || probe.port === undefined || probe.port === probes.port) return;
  context.report('probe/paths', {
    at: value,
    subject,
    message: `${kind} asks port ${probe.port}, and the probes answer on ${probes.port}`,
    remedy: `Ask port ${probes.port}.`,
  });
}
