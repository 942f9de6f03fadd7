import type { CheckContext } from '../context.js';
import type { Value } from '../text/value.js';
import type { Workload } from './workload.js';

/** A feature of the pod that older versions do not have. */
interface Feature {
  readonly what: string;
  readonly gate: string;
  /** The minor version that has it without asking; undefined while a feature gate has to be set. */
  readonly onSince: number | undefined;
  /** The minor version that knows the gate. */
  readonly since: number;
  readonly used: (workload: Workload) => readonly Value[];
}

/** From the KEPs of each: 3960, 4818, 4960, 753, 2238. */
export const FEATURES: readonly Feature[] = [
  {
    what: 'the sleep action of preStop',
    gate: 'PodLifecycleSleepAction',
    since: 29,
    onSince: 30,
    used: ({ app }) => setOnes(app?.value.get('lifecycle', 'preStop', 'sleep')),
  },
  {
    what: 'a sleep of zero seconds',
    gate: 'PodLifecycleSleepActionAllowZero',
    since: 32,
    onSince: 33,
    used: ({ app }) => {
      const seconds = app?.value.get('lifecycle', 'preStop', 'sleep', 'seconds');
      return seconds?.number === 0 ? [seconds] : [];
    },
  },
  {
    what: 'stopSignal of a container',
    gate: 'ContainerStopSignals',
    since: 33,
    onSince: undefined,
    used: ({ app }) => setOnes(app?.value.get('lifecycle', 'stopSignal')),
  },
  {
    what: 'a native sidecar (an init container with restartPolicy: Always)',
    gate: 'SidecarContainers',
    since: 28,
    onSince: 29,
    used: ({ podSpec }) =>
      podSpec
        .get('initContainers')
        .items.map((one) => one.get('restartPolicy'))
        .filter(({ text }) => text === 'Always'),
  },
  {
    what: 'terminationGracePeriodSeconds of a probe',
    gate: 'ProbeTerminationGracePeriod',
    since: 21,
    onSince: 25,
    used: ({ app }) =>
      ['livenessProbe', 'startupProbe'].flatMap((kind) =>
        setOnes(app?.value.get(kind, 'terminationGracePeriodSeconds')),
      ),
  },
];

function setOnes(value: Value | undefined): Value[] {
  return value?.isSet ? [value] : [];
}

/** Says it of what the version of `--kubernetes` does not have. */
export function checkVersions(workload: Workload, context: CheckContext): void {
  const version = context.settings.kubernetes;
  if (version === undefined) return;
  const minor = Number(version.split('.')[1]);
  for (const { what, gate, since, onSince, used } of FEATURES) {
    if (onSince !== undefined && minor >= onSince) continue;
    for (const at of used(workload)) {
      const gated = minor >= since;
      context.report('kubernetes/version', {
        at,
        subject: workload.subject,
        severity: gated ? 'warning' : 'error',
        message: gated
          ? `${what} needs the feature gate ${gate} in Kubernetes ${version}`
          : `Kubernetes ${version} does not know ${what} (since 1.${since})`,
        remedy:
          onSince === undefined
            ? `Set the feature gate ${gate}, or leave it out.`
            : `It works without a gate since Kubernetes 1.${onSince}.`,
      });
    }
  }
}
