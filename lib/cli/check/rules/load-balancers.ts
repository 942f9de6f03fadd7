import { seconds, type CheckContext } from '../context.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { Workload } from '../kubernetes/workload.js';
import { waitOn } from '../plan-facts.js';
import type { Value } from '../text/value.js';
import { isBehind } from './probes.js';

const NLB = 'service.beta.kubernetes.io/aws-load-balancer-';
const ALB = 'alb.ingress.kubernetes.io/';
const AZURE = 'service.beta.kubernetes.io/azure-load-balancer-health-probe-';
const GATE = 'elbv2.k8s.aws/pod-readiness-gate-inject';
const DELAY = 'deregistration_delay.timeout_seconds';

/** Annotations that say how often a load balancer asks a node, with the defaults of the controller that reads them. */
const NODE_CHECKS = [
  {
    // AWS Load Balancer Controller 2.x and 3.x: docs/guide/service/annotations.md
    isUsed: (keys: readonly string[]) => keys.some((key) => key.startsWith(NLB)),
    interval: { key: `${NLB}healthcheck-interval`, byDefault: 10 },
    threshold: { key: `${NLB}healthcheck-unhealthy-threshold`, byDefault: 3 },
  },
  {
    // Both have to be there: the defaults of Azure's cloud provider differ by version.
    isUsed: (keys: readonly string[]) =>
      ['interval', 'num-of-probe'].every((one) => keys.includes(`${AZURE}${one}`)),
    interval: { key: `${AZURE}interval` },
    threshold: { key: `${AZURE}num-of-probe` },
  },
] as const;

interface Cluster {
  readonly workloads: readonly Workload[];
  readonly objects: readonly KubernetesObject[];
}

/** What load balancers outside of the cluster do with a pod that leaves. */
export function checkBalancers({ workloads, objects }: Cluster, context: CheckContext): void {
  const namespaces = objects.filter(({ kind }) => kind === 'Namespace');
  for (const object of objects) {
    const isService = object.kind === 'Service' && object.apiVersion === 'v1';
    if (!isService && object.kind !== 'Ingress') continue;
    const behind = workloads.filter((one) => isAsked(one, object, objects));
    if (behind.length === 0) continue;
    checkDelay(object, behind, context);
    checkGate(object, behind, namespaces, context);
    if (isService) checkNodeWindow(object, behind, context);
  }
}

/** Whether a Service, or the Services of an Ingress, send to these pods. */
function isAsked(
  workload: Workload,
  object: KubernetesObject,
  objects: readonly KubernetesObject[],
): boolean {
  if (object.kind === 'Service') return isBehind(workload, object);
  const names = new Set(
    object.value
      .get('spec', 'rules')
      .items.flatMap((rule) => rule.get('http', 'paths').items)
      .map((path) => path.get('backend', 'service', 'name').text),
  );
  names.add(object.value.get('spec', 'defaultBackend', 'service', 'name').text);
  return objects.some(
    (one) => one.kind === 'Service' && names.has(one.name) && isBehind(workload, one),
  );
}

function annotationsOf({ value }: KubernetesObject): Value {
  return value.get('metadata', 'annotations');
}

/** What a balancer of AWS leaves a target that is being taken out, against what the application would still finish. */
function checkDelay(
  object: KubernetesObject,
  behind: readonly Workload[],
  context: CheckContext,
): void {
  const { plan } = context;
  const annotations = annotationsOf(object);
  const at = [`${ALB}target-group-attributes`, `${NLB}target-group-attributes`]
    .map((key) => annotations.get(key))
    .find((one) => one.isSet);
  const delay = new RegExp(`${DELAY.replaceAll('.', '\\.')}=(\\d+)`).exec(at?.text ?? '')?.[1];
  if (!plan || !at || delay === undefined || !behind.some((one) => one.isOfThePlan)) return;
  const [first] = behind;
  const wanted = context.wanted('kubernetes', new Map(), first?.subject ?? object.subject);
  if (!wanted || Number(delay) * 1_000 >= wanted.ms) return;
  const least = Math.ceil(wanted.ms / 1_000);
  context.report('lb/alb', {
    at,
    subject: object.subject,
    message: `${DELAY}=${delay}: what runs longer is cut by the load balancer, while the application may finish it (${wanted.by} ${seconds(wanted.ms)})`,
    remedy: `Set ${DELAY}=${least}`,
  });
}

/** Targets that are pods are registered after the pods are ready, which a rollout does not wait for without the gate. */
function checkGate(
  object: KubernetesObject,
  behind: readonly Workload[],
  namespaces: readonly KubernetesObject[],
  context: CheckContext,
): void {
  const annotations = annotationsOf(object);
  const type = [`${ALB}target-type`, `${NLB}nlb-target-type`]
    .map((key) => annotations.get(key))
    .find((one) => one.text === 'ip');
  if (!type) return;
  // The namespace may be made elsewhere: only one that is here can lack the label.
  const namespace = namespaces.find(({ name }) => name === object.namespace);
  if (!namespace || namespace.value.get('metadata', 'labels', GATE).text === 'enabled') return;
  const hasOwn = behind.every(({ podSpec }) => podSpec.get('readinessGates').isSet);
  if (hasOwn) return;
  context.report('lb/alb', {
    at: namespace.value.get('metadata'),
    subject: namespace.subject,
    message: `${object.subject} has ip targets, and a rollout here does not wait until they are healthy in the target group`,
    remedy: `Add the label ${GATE}: enabled`,
  });
}

/** A balancer that asks nodes sends to one until its checks have failed there: its last pod has to serve so long. */
function checkNodeWindow(
  service: KubernetesObject,
  behind: readonly Workload[],
  context: CheckContext,
): void {
  const { plan } = context;
  const spec = service.value.get('spec');
  const policy = spec.get('externalTrafficPolicy');
  if (spec.get('type').text !== 'LoadBalancer' || policy.text !== 'Local') return;
  const annotations = annotationsOf(service);
  const checks = NODE_CHECKS.find(({ isUsed }) => isUsed(annotations.keys));
  const isOfPods = annotations.get(`${NLB}nlb-target-type`).text === 'ip';
  if (!plan || !checks || isOfPods || !behind.some((one) => one.isOfThePlan)) return;
  const { capMs } = waitOn(plan, 'kubernetes');
  const interval = numberAt(annotations, checks.interval);
  const threshold = numberAt(annotations, checks.threshold);
  if (capMs === undefined || interval === undefined || threshold === undefined) return;
  // Without its timeout: a node without ready pods answers 503 at once.
  const windowMs = interval * threshold * 1_000;
  if (windowMs <= capMs) return;
  context.report('probe/window', {
    at: policy,
    subject: service.subject,
    message: `the load balancer asks the nodes ${interval} s × ${threshold} = ${seconds(windowMs)} until it stops sending; the application waits at most ${seconds(capMs)} (propagationCapMs)`,
    remedy: `Ask more often, or set propagationCapMs: ${windowMs} and a grace period that holds it.`,
  });
}

function numberAt(
  annotations: Value,
  { key, byDefault }: { readonly key: string; readonly byDefault?: number },
): number | undefined {
  const { text } = annotations.get(key);
  if (text === undefined) return byDefault;
  return /^\d+$/.test(text) ? Number(text) : undefined;
}
