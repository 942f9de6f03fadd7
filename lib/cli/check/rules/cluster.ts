import { countText } from '../../../report/text.js';
import type { CheckContext } from '../context.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { labelsOf, selects, sharesNamespace, type Workload } from '../kubernetes/workload.js';
import { hasMark } from '../text/marks.js';
import { readInteger } from '../text/numbers.js';
import type { Value } from '../text/value.js';
import { checkBalancers } from './load-balancers.js';
import { checkPolicies } from './policies.js';
import { checkService } from './services.js';
import { amountOf, checkUnavailable } from './rollout.js';

/** Everything of the input that has to do with Kubernetes. */
export interface Cluster {
  readonly workloads: readonly Workload[];
  readonly objects: readonly KubernetesObject[];
}

const SCALED = new Set(['Deployment', 'StatefulSet', 'Rollout', 'ReplicaSet', 'DeploymentConfig']);

/** Rules that need more than one object; they run over the whole input. */
export function checkCluster({ workloads, objects }: Cluster, context: CheckContext): void {
  const autoscalers = objects.filter(
    ({ kind }) => kind === 'HorizontalPodAutoscaler' || kind === 'ScaledObject',
  );
  const budgets = objects.filter(({ kind }) => kind === 'PodDisruptionBudget');
  const services = servicesOf(objects);
  const scaled = workloads.filter(({ kind, isWhole }) => isWhole && SCALED.has(kind));
  for (const workload of workloads) checkAutoscaler(workload, autoscalers, context);
  for (const budget of budgets) checkBudget(budget, scaled, autoscalers, context);
  for (const service of services) checkService(service, workloads, context);
  checkBalancers({ workloads, objects }, context);
  checkPolicies({ workloads, objects }, context);
  reportOnce(scaled, autoscalers, budgets, context);
}

/** Services of the core, not those of Knative. */
export function servicesOf(objects: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return objects.filter(({ kind, apiVersion }) => kind === 'Service' && apiVersion === 'v1');
}

function scales(autoscaler: KubernetesObject, workload: Workload): boolean {
  const target = autoscaler.value.get('spec', 'scaleTargetRef');
  const kind = target.get('kind').text ?? 'Deployment';
  return (
    kind === workload.kind &&
    target.get('name').text === workload.name &&
    sharesNamespace(autoscaler, workload)
  );
}

function minimumOf({ kind, value }: KubernetesObject): {
  readonly at: Value;
  readonly count: number | undefined;
} {
  const at = value.get('spec', kind === 'ScaledObject' ? 'minReplicaCount' : 'minReplicas');
  const reading = readInteger(at);
  const byDefault = kind === 'ScaledObject' ? 0 : 1;
  return {
    at,
    count:
      reading.kind === 'number' ? reading.value : reading.kind === 'unset' ? byDefault : undefined,
  };
}

function checkAutoscaler(
  workload: Workload,
  autoscalers: readonly KubernetesObject[],
  context: CheckContext,
): void {
  const own = autoscalers.find((one) => scales(one, workload));
  checkUnavailable(workload, leastReplicas(workload, autoscalers), context);
  if (!own || !workload.isWhole) return;
  const replicas = workload.value.get('spec', 'replicas');
  if (replicas.isSet && !replicas.isUnknown && !hasMark(replicas.written)) {
    context.report('hpa/static-replicas', {
      at: replicas,
      subject: workload.subject,
      message: `replicas: ${replicas.text} beside ${own.subject}: each apply sets the number back`,
      remedy: 'Remove replicas.',
    });
  }
  const { at, count } = minimumOf(own);
  if (count === undefined || count > 1) return;
  context.report('hpa/minimum', {
    at: at.isSet ? at : own.value,
    subject: own.subject,
    message: `may go down to ${countText(count, 'replica')}`,
    remedy: `Set ${own.kind === 'ScaledObject' ? 'minReplicaCount' : 'minReplicas'}: 2`,
  });
}

/** How many replicas there are at least; undefined when nobody knows. */
function leastReplicas(
  workload: Workload,
  autoscalers: readonly KubernetesObject[],
): number | undefined {
  const own = autoscalers.find((one) => scales(one, workload));
  if (own) return minimumOf(own).count;
  const reading = readInteger(workload.value.get('spec', 'replicas'));
  return reading.kind === 'number' ? reading.value : reading.kind === 'unset' ? 1 : undefined;
}

function covers(budget: KubernetesObject, workload: Workload): boolean {
  const selector = budget.value.get('spec', 'selector');
  if (!sharesNamespace(budget, workload)) return false;
  // Expressions choose more than labels can say: whoever writes them has thought of it.
  if (selector.has('matchExpressions')) return true;
  return selects(selector.get('matchLabels'), labelsOf(workload));
}

function checkBudget(
  budget: KubernetesObject,
  scaled: readonly Workload[],
  autoscalers: readonly KubernetesObject[],
  context: CheckContext,
): void {
  const { subject, value } = budget;
  const spec = value.get('spec');
  if (!spec.get('unhealthyPodEvictionPolicy').isSet && spec.kind === 'map') {
    const message = 'pods that are not ready block a node drain';
    context.report('pdb/unhealthy', {
      at: spec,
      subject,
      message,
      remedy: 'Set unhealthyPodEvictionPolicy: AlwaysAllow',
    });
  }
  const unavailable = spec.get('maxUnavailable');
  if (unavailable.text === '0' || unavailable.text === '0%') {
    const message = 'maxUnavailable 0 allows no eviction at all';
    return context.report('pdb/blocks', {
      at: unavailable,
      subject,
      message,
      remedy: 'Set maxUnavailable: 1',
    });
  }
  const workload = scaled.find((one) => covers(budget, one));
  const least = workload && leastReplicas(workload, autoscalers);
  const available = spec.get('minAvailable');
  const wanted = least === undefined ? undefined : amountOf(available, least, 'up');
  if (!workload || least === undefined || least === 0 || wanted === undefined || wanted < least)
    return;
  context.report('pdb/blocks', {
    at: available,
    subject,
    message: `minAvailable ${available.text} of ${countText(least, 'replica')} (${workload.subject}) allows no eviction`,
    remedy:
      least === 1
        ? 'Run two replicas or more, and set maxUnavailable: 1'
        : 'Set maxUnavailable: 1 in its place',
  });
}

/** What is true of nearly everybody is one line a run. */
function reportOnce(
  scaled: readonly Workload[],
  autoscalers: readonly KubernetesObject[],
  budgets: readonly KubernetesObject[],
  context: CheckContext,
): void {
  const lonely = scaled.filter((one) => {
    const { kind } = one;
    return (
      kind !== 'ReplicaSet' &&
      !autoscalers.some((other) => scales(other, one)) &&
      leastReplicas(one, []) === 1
    );
  });
  say(
    'replicas',
    lonely,
    (count) => `${count} with one replica: each eviction is an outage`,
    'Set replicas: 2 or more.',
    context,
  );
  const several = scaled.filter(
    (one) => !lonely.includes(one) && leastReplicas(one, autoscalers) !== 0,
  );
  say(
    'pdb/missing',
    several.filter((one) => !budgets.some((budget) => covers(budget, one))),
    (count) => `${count} without a PodDisruptionBudget`,
    'Add a PodDisruptionBudget with maxUnavailable: 1.',
    context,
  );
  say(
    'spread',
    several.filter(
      ({ podSpec }) =>
        !podSpec.get('topologySpreadConstraints').isSet && !podSpec.get('affinity').isSet,
    ),
    (count) => `${count} without anything that spreads the replicas over nodes`,
    'Add topologySpreadConstraints with topologyKey: kubernetes.io/hostname.',
    context,
  );
  say(
    'rollout/min-ready',
    several.filter(
      ({ kind, value }) => kind === 'Deployment' && !value.get('spec', 'minReadySeconds').isSet,
    ),
    (count) => `${count} without minReadySeconds`,
    'Set minReadySeconds: 5 or so.',
    context,
  );
}

function say(
  rule: 'replicas' | 'pdb/missing' | 'spread' | 'rollout/min-ready',
  found: readonly Workload[],
  message: (count: string) => string,
  remedy: string,
  context: CheckContext,
): void {
  // One that a comment has switched off is not counted among the others.
  const meant = found
    .map((workload) => ({ subject: workload.subject, at: placeOf(rule, workload) }))
    .filter(({ at }) => !context.settings.isOff?.(rule, at.place));
  const [first, ...others] = meant;
  if (!first) return;
  const subject =
    others.length === 0 ? first.subject : `${first.subject} and ${others.length} more`;
  const count = countText(meant.length, 'workload');
  context.report(rule, { at: first.at, subject, message: message(count), remedy });
}

/** The number of replicas where it is written, else the beginning of the object. */
function placeOf(rule: string, { value }: Workload): Value {
  const replicas = value.get('spec', 'replicas');
  return rule === 'replicas' && replicas.isSet ? replicas : value;
}
