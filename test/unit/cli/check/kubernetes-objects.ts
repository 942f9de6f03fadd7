/** A Deployment that is as it should be, with what belongs to it; each test changes one thing. */
export const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: orders
spec:
  replicas: 3
  minReadySeconds: 5
  selector:
    matchLabels: { app: orders }
  strategy:
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  template:
    metadata:
      labels: { app: orders }
    spec:
      terminationGracePeriodSeconds: 30
      topologySpreadConstraints:
        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway }
      containers:
        - name: orders
          image: registry.example.com/orders:1.2
          command: ['node', 'dist/main.js']
          ports:
            - { name: http, containerPort: 3000 }
          livenessProbe:
            httpGet: { path: /health/live, port: http }
          readinessProbe:
            httpGet: { path: /health/ready, port: http }
            periodSeconds: 5
`;

export const SERVICE = `apiVersion: v1
kind: Service
metadata:
  name: orders
spec:
  selector: { app: orders }
  ports: [{ port: 80, targetPort: http }]
`;

export const BUDGET = `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: orders
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels: { app: orders }
`;

export const AUTOSCALER = `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: orders
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: orders }
  minReplicas: 2
  maxReplicas: 9
`;

export const documents = (...texts: readonly string[]) => texts.join('---\n');

/** Deployment, Service and budget in one file, with one text of it exchanged. */
export function exchanged(from: string, to: string): string {
  const whole = documents(DEPLOYMENT, SERVICE, BUDGET);
  if (!whole.includes(from)) throw new Error(`the objects do not hold: ${from}`);
  return whole.replace(from, to);
}
