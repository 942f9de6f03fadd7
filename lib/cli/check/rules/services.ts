import type { CheckContext } from '../context.js';
import type { KubernetesObject } from '../kubernetes/objects.js';
import { sharesNamespace, type Workload } from '../kubernetes/workload.js';
import { hasMark } from '../text/marks.js';
import { isBehind } from './probes.js';

/** What a Service does with the pods of the input. */
export function checkService(
  service: KubernetesObject,
  workloads: readonly Workload[],
  context: CheckContext,
): void {
  const { subject, value } = service;
  const selected = workloads.filter((one) => isBehind(one, service));
  if (selected.length === 0) return checkDangling(service, workloads, context);
  const published = value.get('spec', 'publishNotReadyAddresses');
  // A headless Service of a StatefulSet is for its members, which have to find each other before they are ready.
  if (published.text !== 'true' || value.get('spec', 'clusterIP').text === 'None') return;
  context.report('service/not-ready-addresses', {
    at: published,
    subject,
    message: 'readiness is ignored: pods that start or drain get traffic',
    remedy: 'Remove publishNotReadyAddresses.',
  });
}

/** A Service that is called like a workload is meant for it; of any other, the pods may be somewhere else. */
function checkDangling(
  service: KubernetesObject,
  workloads: readonly Workload[],
  context: CheckContext,
): void {
  const { subject, value, name } = service;
  const selector = value.get('spec', 'selector');
  if (selector.kind !== 'map' || selector.keys.length === 0 || hasMark(name)) return;
  if (selector.entries.some(([, { written }]) => hasMark(written))) return;
  const base = baseName(name);
  const meant = workloads.find(
    (one) => one.isWhole && baseName(one.name) === base && sharesNamespace(service, one),
  );
  if (!meant) return;
  const wanted = selector.entries.map(([key, one]) => `${key}: ${one.text ?? ''}`).join(', ');
  const labels = meant.template.get('metadata', 'labels');
  const there = labels.entries.map(([key, one]) => `${key}: ${one.text ?? ''}`).join(', ');
  context.report('service/dangling', {
    at: selector,
    subject,
    message: `selects ${wanted}, and the pods of ${meant.subject} have ${there}: it has no endpoints`,
    remedy: 'Write the labels of the pods into the selector.',
  });
}

/** `orders-service` and `orders-deployment` are both about `orders`. */
function baseName(name: string): string {
  return name.replace(/-(?:service|svc|deployment|deploy|app|api)$/, '');
}
