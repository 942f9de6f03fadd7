import type { CheckContext } from '../context.js';
import { preStopOf } from '../kubernetes/pre-stop.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import type { Workload } from '../kubernetes/workload.js';
import { readInteger } from '../text/numbers.js';

/** Kubernetes takes the sleep action without a feature gate since 1.30. */
const WITH_SLEEP = 30;
const DEFAULT_SECONDS = 30;

/** A policy that demands a preStop hook, and the smallest hook that satisfies it without harm. */
export function checkPolicies(
  {
    workloads,
    objects,
  }: { readonly workloads: readonly Workload[]; readonly objects: readonly KubernetesObject[] },
  context: CheckContext,
): void {
  const demanding = objects.find(demandsPreStop)?.subject ?? context.datreePolicy;
  if (demanding === undefined) return;
  for (const { app, isWhole, isJob, isKnative, podSpec, subject } of workloads) {
    if (!app || !isWhole || isJob || isKnative || preStopOf(app.value)) continue;
    const grace = readInteger(podSpec.get('terminationGracePeriodSeconds'));
    const seconds = grace.kind === 'number' ? grace.value : DEFAULT_SECONDS;
    context.report('prestop/required-by-policy', {
      at: app.value,
      subject,
      message: `${demanding} demands a preStop hook, and ${app.name || 'the container'} has none`,
      remedy: `The smallest that does no harm: lifecycle: { preStop: ${smallestHook(context)} } and terminationGracePeriodSeconds: ${seconds + 1}`,
    });
  }
}

function smallestHook({ settings: { kubernetes } }: CheckContext): string {
  const minor = Number(/^1\.(\d+)$/.exec(kubernetes ?? '')?.[1] ?? WITH_SLEEP);
  return minor >= WITH_SLEEP
    ? '{ sleep: { seconds: 1 } }'
    : '{ exec: { command: [node, -e, "setTimeout(() => {}, 1000)"] } }';
}

/** A constraint of Gatekeeper, as Azure makes them, or a policy of Kyverno or the API server that speaks of the hook. */
function demandsPreStop({ apiVersion, kind, value }: KubernetesObject): boolean {
  if (apiVersion.startsWith('constraints.gatekeeper.sh/')) return /prestop/i.test(kind);
  const isPolicy =
    apiVersion.startsWith('kyverno.io/') ||
    (kind === 'ValidatingAdmissionPolicy' &&
      apiVersion.startsWith('admissionregistration.k8s.io/'));
  const { source, span } = value.get('spec');
  return isPolicy && /\bpreStop\b/.test(source.text.slice(span.start, span.end));
}
