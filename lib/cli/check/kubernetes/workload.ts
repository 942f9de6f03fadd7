import type { CheckContext, Environment } from '../context.js';
import { isInfrastructure, isNamedOtherwise, isSidecar, repositoryOf } from '../known-images.js';
import { startsNode } from '../command-line.js';
import { hasMark } from '../text/marks.js';
import type { Value } from '../text/value.js';
import type { KubernetesObject } from './objects.js';

/** A container of a pod. */
export interface Container {
  readonly value: Value;
  readonly name: string;
  readonly image: string;
}

/** An object that runs pods. */
export interface Workload extends KubernetesObject {
  /** The pod's template, with metadata and spec; the object itself for a Pod. */
  readonly template: Value;
  readonly podSpec: Value;
  readonly containers: readonly Container[];
  /** The application's container; undefined when it is not clear which it is, or none. */
  readonly app: Container | undefined;
  /** Whether all of it is written here: a patch has parts, and what it lacks stands elsewhere. */
  readonly isWhole: boolean;
  readonly isKnative: boolean;
  /** Whether the plan is about it: not, where its name says that it is a page or a test. */
  readonly isOfThePlan: boolean;
  /** Whether it runs to an end by itself. */
  readonly isJob: boolean;
}

/** Kinds whose pods serve until they are told to stop, with the groups they may be of. */
const SERVING: Readonly<Record<string, RegExp>> = {
  Deployment: /^(?:apps|extensions)\//,
  StatefulSet: /^apps\//,
  DaemonSet: /^(?:apps|extensions)\//,
  ReplicaSet: /^(?:apps|extensions)\//,
  ReplicationController: /^v1$/,
  DeploymentConfig: /^(?:apps\.openshift\.io\/)?v1$/,
  Rollout: /^argoproj\.io\//,
};

/** Reads an object as a workload; undefined when it is none, or none of an application. */
export function workloadOf(object: KubernetesObject, context: CheckContext): Workload | undefined {
  const template = templateOf(object);
  const podSpec = template?.get('spec');
  if (!template || podSpec?.kind !== 'map') return undefined;
  const containers = podSpec.get('containers').items.flatMap(containerOf);
  // A database that somebody packed anew has still its name.
  const isStateful = object.kind === 'StatefulSet';
  const own = containers.filter(
    ({ name, image }) => !isInfrastructure(image) && !(isStateful && isInfrastructure(name)),
  );
  if (containers.length > 0 && own.length === 0) return undefined;
  const isKnative = object.kind === 'Service';
  return {
    ...object,
    template,
    podSpec,
    containers,
    app: appOf(own, object, context),
    isWhole: isWhole(object, template, containers, isKnative),
    isKnative,
    isOfThePlan: !isNamedOtherwise(object.name) && !own.some(({ name }) => isNamedOtherwise(name)),
    isJob: object.kind === 'Job' || object.kind === 'CronJob',
  };
}

function templateOf({ kind, apiVersion, value }: KubernetesObject): Value | undefined {
  if (SERVING[kind]?.test(apiVersion)) return value.get('spec', 'template');
  if (kind === 'Job' && apiVersion.startsWith('batch/')) return value.get('spec', 'template');
  if (kind === 'CronJob' && apiVersion.startsWith('batch/')) {
    return value.get('spec', 'jobTemplate', 'spec', 'template');
  }
  if (kind === 'Pod' && apiVersion === 'v1') return value;
  const isKnative = kind === 'Service' && apiVersion.startsWith('serving.knative.dev/');
  return isKnative ? value.get('spec', 'template') : undefined;
}

function containerOf(value: Value): Container[] {
  if (value.kind !== 'map') return [];
  return [{ value, name: value.get('name').text ?? '', image: value.get('image').text ?? '' }];
}

/** A kustomize patch has the parts that it changes. Rules about what is missing are for whole objects only. */
function isWhole(
  { kind, value }: KubernetesObject,
  template: Value,
  containers: readonly Container[],
  isKnative: boolean,
): boolean {
  if (containers.length === 0 || containers.some(({ image }) => image === '')) return false;
  if (kind === 'Pod' || kind === 'Job' || kind === 'CronJob' || isKnative) return true;
  return value.get('spec', 'selector').isSet && template.get('metadata', 'labels').isSet;
}

function appOf(
  containers: readonly Container[],
  { name }: KubernetesObject,
  context: CheckContext,
): Container | undefined {
  const { container } = context.settings;
  const named = containers.find((one) => one.name === container);
  if (named) return named;
  const candidates = containers.filter((one) => !isSidecar(one.name, one.image));
  if (candidates.length < 2) return candidates[0];
  const clues: Array<(one: Container) => boolean> = [
    (one) => environmentOf(one.value).has('GRACEFUL_GRACE_PERIOD_MS'),
    (one) => portsOf(one).some((port) => context.plan?.ports.includes(port)),
    (one) => one.name === name || one.name === 'app',
    (one) => repositoryOf(one.image).endsWith(`/${name}`) || repositoryOf(one.image) === name,
    (one) => startsNode([...one.value.get('command').texts, ...one.value.get('args').texts]),
  ];
  for (const clue of clues) {
    const found = candidates.filter(clue);
    if (found.length === 1) return found[0];
  }
  return undefined;
}

export function portsOf({ value }: Container): readonly number[] {
  return value.get('ports').items.flatMap((port) => port.get('containerPort').number ?? []);
}

/** The variables of a container; one that comes from elsewhere (`valueFrom`) is not among them. */
export function environmentOf(container: Value): Environment {
  const entries = container.get('env').items.flatMap((entry) => {
    const name = entry.get('name').text;
    return name !== undefined && entry.has('value') ? [[name, entry.get('value')] as const] : [];
  });
  return new Map(entries);
}

/** The labels of the pods, as a selector sees them. */
export function labelsOf({ template }: Workload): ReadonlyMap<string, string> {
  return labelMap(template.get('metadata', 'labels'));
}

export function labelMap(labels: Value): ReadonlyMap<string, string> {
  return new Map(labels.entries.map(([key, value]) => [key, value.text ?? '']));
}

/** Whether a selector (a plain map of labels) chooses pods with these labels; an empty one chooses nothing here. */
export function selects(selector: Value, labels: ReadonlyMap<string, string>): boolean {
  const wanted = labelMap(selector);
  return wanted.size > 0 && [...wanted].every(([key, value]) => labels.get(key) === value);
}

/** Objects without a namespace go where kubectl or kustomize puts them, which is the same for all. */
export function sharesNamespace(one: KubernetesObject, other: KubernetesObject): boolean {
  // Two templates may both call it ${NAME}, and mean two things.
  const isMarked = hasMark(one.name) || hasMark(other.name);
  if (isMarked && one.value.source !== other.value.source) return false;
  return !one.namespace || !other.namespace || one.namespace === other.namespace;
}
