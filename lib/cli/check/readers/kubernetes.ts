import type { CheckContext } from '../context.js';
import { objectsIn, type KubernetesObject } from '../kubernetes/objects.js';
import { workloadOf } from '../kubernetes/workload.js';
import { checkCluster, servicesOf } from '../rules/cluster.js';
import { checkGrace } from '../rules/grace.js';
import { checkPod } from '../rules/pod.js';
import { checkPreStop } from '../rules/pre-stop.js';
import { checkProbes } from '../rules/probes.js';
import { checkRollout } from '../rules/rollout.js';
import type { Source } from '../text/source.js';
import type { YamlDocument } from '../text/yaml.js';

/** The objects of a document of Kubernetes. */
export function readObjects(source: Source, { value, span }: YamlDocument): KubernetesObject[] {
  return objectsIn(value, source, span);
}

/** Holds every object of the input against the rules. */
export function checkObjects(objects: readonly KubernetesObject[], context: CheckContext): void {
  const services = servicesOf(objects);
  const workloads = objects.flatMap((object) => workloadOf(object, context) ?? []);
  for (const workload of workloads) {
    const before = context.findings.length;
    context.counts.checked += 1;
    if (!workload.app && workload.containers.length > 1 && !workload.isJob) {
      context.report('container/unclear', {
        at: workload.podSpec,
        subject: workload.subject,
        message: `which container is the application? ${workload.containers.map(({ name }) => name || '(no name)').join(', ')}`,
        remedy: 'Say --container <name>.',
      });
    }
    checkGrace(workload, context);
    checkPreStop(workload, context);
    checkProbes(workload, services, context);
    checkRollout(workload, context);
    checkPod(workload, context);
    nameOrigin(context, before, workload.from);
  }
  checkCluster({ workloads, objects }, context);
}

/** Helm says in a comment which template a document came from. */
function nameOrigin(context: CheckContext, since: number, from: string | undefined): void {
  if (from === undefined) return;
  const found = context.findings.splice(since);
  context.findings.push(...found.map((finding) => ({ ...finding, from })));
}
