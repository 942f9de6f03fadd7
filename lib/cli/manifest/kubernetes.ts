import { graceSeconds, indented, probeTimeoutSeconds, type ManifestSubject } from './subject.js';

/** The three probes, as keys of a container; empty when the application has none. */
export function probes(subject: ManifestSubject): string {
  const { plan, port } = subject;
  if (!plan.probes) return '';
  const { livePath, readyPath, startupPath, port: own } = plan.probes;
  const timeout = probeTimeoutSeconds(subject);
  // Asked every second while it starts, so that a rollout does not wait for a period that is over anyway.
  const startPeriod = Math.max(1, timeout);
  const warmUpSeconds = (plan.warmUpMs ?? 0) / 1_000;
  return `startupProbe:
  httpGet: { path: ${text(startupPath)}, port: ${own ?? port} }
  periodSeconds: ${startPeriod}
  timeoutSeconds: ${timeout}
  failureThreshold: ${Math.ceil((60 + warmUpSeconds) / startPeriod)}
livenessProbe:
  httpGet: { path: ${text(livePath)}, port: ${own ?? port} }
  periodSeconds: ${Math.max(10, timeout)}
  timeoutSeconds: ${timeout}
readinessProbe:
  httpGet: { path: ${text(readyPath)}, port: ${own ?? port} }
  periodSeconds: ${Math.max(5, timeout)}
  timeoutSeconds: ${timeout}
`;
}

/** A path as YAML takes it in braces. */
function text(path: string): string {
  return /^[\w/.-]+$/.test(path) ? path : JSON.stringify(path);
}

const ROLLOUT = `minReadySeconds: 5
strategy:
  type: RollingUpdate
  rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
`;

function spread({ name }: ManifestSubject): string {
  return `topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: { app: ${name} }
`;
}

/** What a Deployment that exists already lacks: a strategic merge patch. */
export function patch(subject: ManifestSubject): string {
  const { name } = subject;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
spec:
${indented(ROLLOUT, 2)}  template:
    spec:
      terminationGracePeriodSeconds: ${graceSeconds(subject, 'kubernetes')}
      containers:
        - name: ${name}
${indented(probes(subject), 10)}`;
}

/** Keys that charts commonly have, for a values.yaml. */
export function values(subject: ManifestSubject): string {
  return `terminationGracePeriodSeconds: ${graceSeconds(subject, 'kubernetes')}
replicaCount: ${subject.replicas}
${ROLLOUT}podDisruptionBudget:
  enabled: true
  maxUnavailable: 1
${probes(subject)}`;
}

export function deployment(subject: ManifestSubject): string {
  const { name, image, port, replicas } = subject;
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels: { app: ${name} }
spec:
  replicas: ${replicas}
${indented(ROLLOUT, 2)}  selector:
    matchLabels: { app: ${name} }
  template:
    metadata:
      labels: { app: ${name} }
    spec:
      terminationGracePeriodSeconds: ${graceSeconds(subject, 'kubernetes')}
${indented(spread(subject), 6)}      containers:
        - name: ${name}
          image: ${image}
          ports:
            - containerPort: ${port}
${indented(probes(subject), 10)}`;
}

export function service({ name, port }: ManifestSubject): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${name}
  labels: { app: ${name} }
spec:
  selector: { app: ${name} }
  ports:
    - port: 80
      targetPort: ${port}
`;
}

export function budget({ name }: ManifestSubject): string {
  return `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: ${name}
  labels: { app: ${name} }
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: { app: ${name} }
`;
}

export function component({ name }: ManifestSubject): string {
  return `apiVersion: kustomize.config.k8s.io/v1alpha1
kind: Component
resources:
  - pod-disruption-budget.yaml
patches:
  - path: graceful.patch.yaml
    target: { kind: Deployment, name: ${name} }
`;
}
