import type { CheckContext } from '../context.js';
import { objectsIn, type KubernetesObject } from '../kubernetes/objects.js';
import { probeOf } from '../kubernetes/probe.js';
import { environmentOf, portsOf, workloadOf, type Workload } from '../kubernetes/workload.js';
import { GRACE_PERIOD_VARIABLE } from '../../../options/grace-period.js';
import { repositoryOf } from '../known-images.js';
import type { PlanFacts } from '../plan-facts.js';
import { checkCluster, servicesOf } from '../rules/cluster.js';
import { checkGrace } from '../rules/grace.js';
import { checkPod } from '../rules/pod.js';
import { checkPreStop } from '../rules/pre-stop.js';
import { checkProbes } from '../rules/probes.js';
import { checkRollout } from '../rules/rollout.js';
import { checkStartup } from '../rules/startup.js';
import type { Source } from '../text/source.js';
import type { YamlDocument } from '../text/yaml.js';

/** The objects of a document of Kubernetes. */
export function readObjects(source: Source, { value, span }: YamlDocument): KubernetesObject[] {
  return objectsIn(value, source, span);
}

/** Holds every object of the input against the rules. */
export function checkObjects(objects: readonly KubernetesObject[], context: CheckContext): void {
  const services = servicesOf(objects);
  const workloads = onesOfThePlan(
    objects.flatMap((object) => workloadOf(object, context) ?? []),
    context,
  );
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
    checkStartup(workload, context);
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

/** As many images as may be one application: what serves, what works off a queue, what migrates. */
const MOST_IMAGES = 3;

/**
 * A plan is one application's. Where there are several images, it is held against those that show that they are it; where
 * nothing shows, and there are many, against none.
 */
function onesOfThePlan(workloads: readonly Workload[], context: CheckContext): readonly Workload[] {
  const { plan } = context;
  const serving = workloads.filter(({ isJob, isOfThePlan, app }) => !isJob && isOfThePlan && app);
  const images = new Set(serving.map(imageOf));
  if (!plan || images.size < 2) return workloads;
  const shown = new Set(serving.filter((one) => isShown(one, plan, context)).map(imageOf));
  if (shown.size === 0 && images.size <= MOST_IMAGES) return workloads;
  const [first] = serving;
  if (shown.size === 0 && first) {
    context.report('container/unclear', {
      at: first.value,
      subject: `${images.size} images`,
      message:
        "the plan is one application's, and nothing shows whose: the rules about it were left out",
      remedy: 'Say --container <name>.',
    });
  }
  return workloads.map((one) => ({
    ...one,
    isOfThePlan: one.isOfThePlan && shown.has(imageOf(one)),
  }));
}

function imageOf({ app }: Workload): string {
  return repositoryOf(app?.image ?? '');
}

function isShown(
  workload: Workload,
  { ports, probes }: PlanFacts,
  { settings }: CheckContext,
): boolean {
  const { app, name } = workload;
  if (!app) return false;
  if (settings.container !== undefined) return [app.name, name].includes(settings.container);
  if (environmentOf(app.value).has(GRACE_PERIOD_VARIABLE)) return true;
  if (portsOf(app).some((port) => ports.includes(port))) return true;
  const paths = [probes?.livePath, probes?.readyPath, probes?.startupPath];
  return (['livenessProbe', 'readinessProbe', 'startupProbe'] as const).some((kind) => {
    const path = probeOf(app, kind)?.path;
    return path !== undefined && paths.includes(path);
  });
}
