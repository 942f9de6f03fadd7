import {
  AUTOSCALER,
  BUDGET,
  DEPLOYMENT,
  documents,
  exchanged,
  SERVICE,
} from './kubernetes-objects.js';

/** A file with one mistake, and the same without it. */
export interface Planted {
  readonly rule: string;
  readonly what: string;
  readonly file: string;
  readonly wrong: string;
  readonly right: string;
}

const ORDERS = documents(DEPLOYMENT, SERVICE, BUDGET);
const IMAGE = '          image: registry.example.com/orders:1.2\n';

/** One change of the Deployment, its Service or its budget. */
function kubernetes(rule: string, what: string, from: string, to: string): Planted {
  return { rule, what, file: 'orders.yaml', wrong: exchanged(from, to), right: ORDERS };
}

const hook = (command: string, grace = 45) =>
  exchanged(
    IMAGE,
    `${IMAGE}          lifecycle: { preStop: { exec: { command: ${command} } } }\n`,
  ).replace('terminationGracePeriodSeconds: 30', `terminationGracePeriodSeconds: ${grace}`);

const job = (containers: string) => `apiVersion: batch/v1
kind: Job
metadata: { name: migrate }
spec:
  template:
    spec:
      restartPolicy: Never
${containers}`;

const knative = (seconds: string) => `apiVersion: serving.knative.dev/v1
kind: Service
metadata: { name: orders }
spec:
  template:
    spec:
      ${seconds}
      containers:
        - image: registry.example.com/orders:1.2
`;

const compose = (more: string, file = 'compose.yaml') =>
  [file, `services:\n  api:\n    build: .\n${more}  db:\n    image: postgres:18\n`] as const;

const task = (container: string, compatibility = 'EC2') =>
  `{ "family": "orders", "requiresCompatibilities": ["${compatibility}"], "containerDefinitions": [{ "name": "orders", "image": "orders:1"${container} }] }`;

const unit = (lines: string) =>
  `[Unit]\nDescription=Orders\n\n[Service]\nExecStart=/usr/bin/node /srv/orders/dist/main.js\n${lines}`;

const ecosystem = (settings: string) =>
  `module.exports = {\n  apps: [{ name: 'orders', script: 'dist/main.js', ${settings} }],\n};\n`;

const dockerfile = (lines: string, base = 'node:24-slim') =>
  `FROM node:24 AS build\nWORKDIR /app\nRUN npm ci && npm run build\nFROM ${base}\nWORKDIR /app\nCOPY --from=build /app .\n${lines}\n`;

const POLICY = `apiVersion: kyverno.io/v1
kind: ClusterPolicy
metadata: { name: hooks }
spec:
  rules:
    - name: hook
      validate:
        pattern: { spec: { containers: [{ lifecycle: { preStop: '?*' } }] } }
`;

/** A Service that a load balancer of AWS serves by way of nodes. */
const balanced = (annotation: string) => `apiVersion: v1
kind: Service
metadata:
  name: orders
  annotations:
    service.beta.kubernetes.io/${annotation}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  selector: { app: orders }
  ports: [{ port: 80, targetPort: http }]
`;

const traefik = (interval: string) => `services:
  api:
    build: .
    stop_grace_period: 30s
    labels:
      - traefik.http.services.api.loadbalancer.healthcheck.path=/health/ready
      - traefik.http.services.api.loadbalancer.healthcheck.interval=${interval}
`;

const ingress = (delay: number) => `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: orders
  annotations:
    alb.ingress.kubernetes.io/target-type: ip
    alb.ingress.kubernetes.io/target-group-attributes: stickiness.enabled=true,deregistration_delay.timeout_seconds=${delay}
spec:
  ingressClassName: alb
  rules:
    - http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: orders, port: { number: 80 } } } }
`;

const inShop = (text: string) =>
  text.replaceAll('\n  name: orders\n', '\n  name: orders\n  namespace: shop\n');

const namespace = (labels: string) => `apiVersion: v1
kind: Namespace
metadata:
  name: shop
  labels: ${labels}
`;

export const PLANTED: readonly Planted[] = [
  kubernetes(
    'grace/too-short',
    'less than the plan',
    'terminationGracePeriodSeconds: 30',
    'terminationGracePeriodSeconds: 20',
  ),
  kubernetes(
    'grace/mismatch',
    'more than the plan',
    'terminationGracePeriodSeconds: 30',
    'terminationGracePeriodSeconds: 60',
  ),
  kubernetes(
    'grace/zero',
    'no time at all',
    'terminationGracePeriodSeconds: 30',
    'terminationGracePeriodSeconds: 0',
  ),
  kubernetes(
    'grace/variable',
    'seconds in the place of milliseconds',
    IMAGE,
    `${IMAGE}          env: [{ name: GRACEFUL_GRACE_PERIOD_MS, value: '30' }]\n`,
  ),
  kubernetes(
    'grace/probe',
    'a shorter end for a restart',
    '/health/live, port: http }\n',
    '/health/live, port: http }\n            terminationGracePeriodSeconds: 5\n',
  ),
  {
    rule: 'prestop/eats-grace',
    what: 'a hook that is not taken off',
    file: 'orders.yaml',
    wrong: hook('[node, dist/leave.js, "setTimeout(() => {}, 10000)"]', 35),
    right: hook('[node, dist/leave.js, "setTimeout(() => {}, 10000)"]', 40),
  },
  {
    rule: 'prestop/overruns',
    what: 'a hook as long as the grace period',
    file: 'orders.yaml',
    wrong: hook('[sh, -c, "deregister; sleep 45"]'),
    right: hook('[sh, -c, "deregister; sleep 15"]'),
  },
  {
    rule: 'prestop/double-wait',
    what: 'a sleep, and propagate',
    file: 'orders.yaml',
    wrong: hook('[sleep, "5"]', 35),
    right: hook('[node, dist/leave.js, "setTimeout(() => {}, 5_000)"]', 35),
  },
  {
    rule: 'prestop/unbounded',
    what: 'a loop without an end',
    file: 'orders.yaml',
    wrong: hook('[sh, -c, "while curl -m 2 -s localhost:3000/busy; do sleep 1; done"]', 30),
    right: hook('[sh, -c, "timeout 0.5 true"]', 30),
  },
  {
    rule: 'prestop/needs-shell',
    what: 'a shell in an image without one',
    file: 'orders.yaml',
    wrong: hook('[sh, -c, "deregister; sleep 15"]').replace(
      'registry.example.com/orders:1.2',
      'gcr.io/distroless/nodejs24-debian12',
    ),
    right: hook('[/nodejs/bin/node, -e, "setTimeout(() => {}, 15000)"]').replace(
      'registry.example.com/orders:1.2',
      'gcr.io/distroless/nodejs24-debian12',
    ),
  },
  kubernetes(
    'probe/paths',
    'readiness asks what stays up',
    'path: /health/ready',
    'path: /health/startup',
  ),
  kubernetes('probe/identical', 'one path for both', 'path: /health/ready', 'path: /health/live'),
  kubernetes(
    'probe/missing',
    'no readiness behind a Service',
    '          readinessProbe:\n            httpGet: { path: /health/ready, port: http }\n            periodSeconds: 5\n',
    '',
  ),
  kubernetes(
    'probe/readiness-tcp',
    'a port that stays open',
    '            httpGet: { path: /health/ready, port: http }\n',
    '            tcpSocket: { port: http }\n',
  ),
  kubernetes(
    'probe/liveness-deep',
    'liveness of the database',
    'path: /health/live',
    'path: /health/database',
  ),
  kubernetes(
    'probe/timeout',
    'longer than its period',
    'periodSeconds: 5',
    'periodSeconds: 5\n            timeoutSeconds: 9',
  ),
  kubernetes(
    'rollout/strategy',
    'all at once',
    '    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }',
    '    type: Recreate',
  ),
  kubernetes('rollout/unavailable', 'all may be away', 'maxUnavailable: 0', 'maxUnavailable: 100%'),
  kubernetes('rollout/unknown-key', 'a key of another kind', 'rollingUpdate:', 'rollingParams:'),
  kubernetes(
    'rollout/min-ready',
    'no moment to hold the rollout back',
    '  minReadySeconds: 5\n',
    '',
  ),
  {
    rule: 'replicas',
    what: 'one',
    file: 'orders.yaml',
    wrong: documents(DEPLOYMENT.replace('replicas: 3', 'replicas: 1'), SERVICE),
    right: ORDERS,
  },
  {
    rule: 'pdb/missing',
    what: 'no budget',
    file: 'orders.yaml',
    wrong: documents(DEPLOYMENT, SERVICE),
    right: ORDERS,
  },
  kubernetes('pdb/blocks', 'no eviction is allowed', 'maxUnavailable: 1\n', 'minAvailable: 3\n'),
  kubernetes(
    'pdb/unhealthy',
    'sick pods block a drain',
    '  unhealthyPodEvictionPolicy: AlwaysAllow\n',
    '',
  ),
  kubernetes(
    'spread',
    'all on one node',
    '      topologySpreadConstraints:\n        - { maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway }\n',
    '',
  ),
  {
    rule: 'hpa/static-replicas',
    what: 'a number beside an autoscaler',
    file: 'orders.yaml',
    wrong: documents(ORDERS, AUTOSCALER),
    right: documents(ORDERS.replace('  replicas: 3\n', ''), AUTOSCALER),
  },
  {
    rule: 'hpa/minimum',
    what: 'one replica at night',
    file: 'orders.yaml',
    wrong: documents(
      ORDERS.replace('  replicas: 3\n', ''),
      AUTOSCALER.replace('minReplicas: 2', 'minReplicas: 1'),
    ).replace('  maxUnavailable: 1\n', '  maxUnavailable: 50%\n'),
    right: documents(ORDERS.replace('  replicas: 3\n', ''), AUTOSCALER),
  },
  kubernetes(
    'command/pid1',
    'npm in a pod',
    "['node', 'dist/main.js']",
    "['npm', 'run', 'start:prod']",
  ),
  kubernetes(
    'stop-signal',
    'one that nobody hears',
    IMAGE,
    `${IMAGE}          lifecycle: { stopSignal: SIGUSR1 }\n`,
  ),
  kubernetes(
    'sidecar/order',
    'a proxy that ends first',
    '      containers:\n',
    '      containers:\n        - { name: cloud-sql-proxy, image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2 }\n',
  ),
  {
    rule: 'sidecar/job',
    what: 'a proxy that never ends',
    file: 'job.yaml',
    wrong: job(
      '      containers:\n        - { name: migrate, image: orders:1 }\n        - { name: proxy, image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2 }\n',
    ),
    right: job(
      '      initContainers:\n        - { name: proxy, image: gcr.io/cloud-sql-connectors/cloud-sql-proxy:2, restartPolicy: Always }\n      containers:\n        - { name: migrate, image: orders:1 }\n',
    ),
  },
  kubernetes(
    'service/not-ready-addresses',
    'readiness ignored',
    '  selector: { app: orders }\n  ports',
    '  publishNotReadyAddresses: true\n  selector: { app: orders }\n  ports',
  ),
  kubernetes(
    'report/lost',
    'another file',
    IMAGE,
    `${IMAGE}          terminationMessagePath: /tmp/report\n`,
  ),
  kubernetes(
    'value/wrong',
    'a text for a number',
    'terminationGracePeriodSeconds: 30',
    "terminationGracePeriodSeconds: '30'",
  ),
  kubernetes(
    'value/differs',
    'an octal number',
    'terminationGracePeriodSeconds: 30',
    'terminationGracePeriodSeconds: 036',
  ),
  kubernetes(
    'yaml/duplicate-key',
    'a key twice',
    '  replicas: 3\n',
    '  replicas: 3\n  replicas: 3\n',
  ),
  kubernetes(
    'template/mark',
    'a grace period that is put in later',
    'terminationGracePeriodSeconds: 30',
    'terminationGracePeriodSeconds: ${GRACE}',
  ),
  {
    rule: 'container/unclear',
    what: 'two that may be it',
    file: 'orders.yaml',
    wrong: exchanged(
      "        - name: orders\n          image: registry.example.com/orders:1.2\n          command: ['node', 'dist/main.js']\n          ports:\n            - { name: http, containerPort: 3000 }\n",
      '        - name: left\n          image: left:1\n        - name: right\n          image: right:1\n',
    ).replace(SERVICE, SERVICE.replaceAll('orders', 'others')),
    right: ORDERS,
  },
  {
    rule: 'template/unrendered',
    what: 'Helm',
    file: 'templates/orders.yaml',
    wrong: DEPLOYMENT.replace('replicas: 3', 'replicas: {{ .Values.replicas }}'),
    right: ORDERS,
  },
  {
    rule: 'grace/too-short',
    what: 'Knative',
    file: 'service.yaml',
    wrong: knative('timeoutSeconds: 20'),
    right: knative('timeoutSeconds: 40'),
  },
  {
    rule: 'knative/hooks',
    what: 'a hook that Knative refuses',
    file: 'service.yaml',
    wrong: `${knative('timeoutSeconds: 40')}          lifecycle: { preStop: { httpGet: { path: /, port: 80 } } }\n`,
    right: knative('timeoutSeconds: 40'),
  },
  {
    rule: 'compose/grace',
    what: 'the default',
    file: 'compose.yaml',
    wrong: compose('')[1],
    right: compose('    stop_grace_period: 30s\n')[1],
  },
  {
    rule: 'value/wrong',
    what: 'a number without a unit',
    file: 'compose.yaml',
    wrong: compose('    stop_grace_period: 30\n')[1],
    right: compose('    stop_grace_period: 30s\n')[1],
  },
  {
    rule: 'compose/swarm-order',
    what: 'nobody serves meanwhile',
    file: 'compose.yaml',
    wrong: compose(
      '    stop_grace_period: 30s\n    deploy: { replicas: 2, update_config: { parallelism: 1 } }\n',
    )[1],
    right: compose(
      '    stop_grace_period: 30s\n    deploy: { replicas: 2, update_config: { order: start-first } }\n',
    )[1],
  },
  {
    rule: 'stop-signal',
    what: 'compose',
    file: 'compose.yaml',
    wrong: compose('    stop_grace_period: 30s\n    stop_signal: SIGKILL\n')[1],
    right: compose('    stop_grace_period: 30s\n    stop_signal: SIGINT\n')[1],
  },
  {
    rule: 'command/pid1',
    what: 'yarn on Alpine',
    file: 'Dockerfile',
    wrong: dockerfile('CMD ["yarn", "start"]', 'node:24-alpine'),
    right: dockerfile('CMD ["node", "dist/main.js"]', 'node:24-alpine'),
  },
  {
    rule: 'command/pid1',
    what: 'the shell form on Debian',
    file: 'Dockerfile',
    wrong: dockerfile('CMD node dist/main.js'),
    right: dockerfile('CMD exec node dist/main.js'),
  },
  {
    rule: 'command/background',
    what: 'a second process',
    file: 'Dockerfile',
    wrong: dockerfile('CMD ["sh", "-c", "./worker.sh & exec node dist/main.js"]'),
    right: dockerfile('CMD ["sh", "-c", "exec node dist/main.js"]'),
  },
  {
    rule: 'stop-signal',
    what: 'Dockerfile',
    file: 'Dockerfile',
    wrong: dockerfile('STOPSIGNAL SIGUSR2\nCMD ["node", "main.js"]'),
    right: dockerfile('STOPSIGNAL SIGTERM\nCMD ["node", "main.js"]'),
  },
  {
    rule: 'healthcheck/tool',
    what: 'curl that is not there',
    file: 'Dockerfile',
    wrong: dockerfile(
      'HEALTHCHECK CMD curl -f http://localhost:3000/health/ready\nCMD ["node", "main.js"]',
    ),
    right: dockerfile(
      'RUN apt-get install -y \\\n  # for the check\n  curl\nHEALTHCHECK CMD curl -f http://localhost:3000/health/ready\nCMD ["node", "main.js"]',
    ),
  },
  {
    rule: 'ecs/grace',
    what: 'less than the plan',
    file: 'task-definition.json',
    wrong: task(', "stopTimeout": 10'),
    right: task(', "stopTimeout": null'),
  },
  {
    rule: 'ecs/limit',
    what: 'more than Fargate takes',
    file: 'task-definition.json',
    wrong: task(', "stopTimeout": 180', 'FARGATE'),
    right: task(', "stopTimeout": 120', 'FARGATE'),
  },
  {
    rule: 'ecs/healthy-percent',
    what: 'no task at all',
    file: 'service.json',
    wrong:
      '{ "serviceName": "orders", "taskDefinition": "orders:1", "desiredCount": 2, "deploymentConfiguration": { "minimumHealthyPercent": 0 } }',
    right:
      '{ "serviceName": "orders", "taskDefinition": "orders:1", "desiredCount": 2, "deploymentConfiguration": { "minimumHealthyPercent": 50 } }',
  },
  {
    rule: 'systemd/grace',
    what: 'less than the plan',
    file: 'orders.service',
    wrong: unit('TimeoutStopSec=10\n'),
    right: unit('TimeoutStopSec=1min\n'),
  },
  {
    rule: 'systemd/ignored',
    what: 'a comment behind a value',
    file: 'orders.service',
    wrong: unit('TimeoutStopSec=45s # the plan\n'),
    right: unit('# the plan\nTimeoutStopSec=45s\n'),
  },
  {
    rule: 'systemd/unit',
    what: 'a month',
    file: 'orders.service',
    wrong: unit('TimeoutStopSec=1M\n'),
    right: unit('TimeoutStopSec=1m\n'),
  },
  {
    rule: 'command/pid1',
    what: 'npm with KillMode=mixed',
    file: 'orders.service',
    wrong: unit('KillMode=mixed\n').replace('node /srv/orders/dist/main.js', 'npm start'),
    right: unit('KillMode=mixed\n'),
  },
  {
    rule: 'pm2/grace',
    what: 'the default of 1.6 s',
    file: 'ecosystem.config.js',
    wrong: ecosystem(''),
    right: ecosystem('kill_timeout: 30_000'),
  },
  {
    rule: 'pm2/type',
    what: 'a unit',
    file: 'ecosystem.config.js',
    wrong: ecosystem("kill_timeout: '30s'"),
    right: ecosystem("kill_timeout: '30000'"),
  },
  {
    rule: 'pm2/wait-ready',
    what: 'several instances',
    file: 'ecosystem.config.js',
    wrong: ecosystem("kill_timeout: 30000, instances: 'max'"),
    right: ecosystem("kill_timeout: 30000, instances: 'max', wait_ready: true"),
  },
  {
    rule: 'fly/grace',
    what: 'the default of 5 s',
    file: 'fly.toml',
    wrong: 'app = "orders"\n',
    right: 'app = "orders"\nkill_timeout = 30\n',
  },
  {
    rule: 'fly/place',
    what: 'a key of a table',
    file: 'fly.toml',
    wrong: 'app = "orders"\n[env]\nkill_timeout = 30\n',
    right: 'app = "orders"\nkill_timeout = 30\n[env]\nA = "1"\n',
  },
  {
    rule: 'fly/limit',
    what: 'more than shared CPUs get',
    file: 'fly.toml',
    wrong: 'app = "orders"\nkill_timeout = 900\n',
    right: 'app = "orders"\nkill_timeout = 900\n[[vm]]\nsize = "performance-1x"\n',
  },
  {
    rule: 'railway/grace',
    what: 'the default of nothing',
    file: 'railway.json',
    wrong: '{ "deploy": { "numReplicas": 2 } }',
    right: '{ "deploy": { "drainingSeconds": 30 } }',
  },
  {
    rule: 'value/wrong',
    what: 'a text for a number',
    file: 'railway.json',
    wrong: '{ "deploy": { "drainingSeconds": "30" } }',
    right: '{ "deploy": { "drainingSeconds": 30 } }',
  },
  {
    rule: 'railway/exec-form',
    what: 'a variable in front of the program',
    file: 'railway.toml',
    wrong:
      '[build]\nbuilder = "DOCKERFILE"\n[deploy]\ndrainingSeconds = 30\nstartCommand = "NODE_ENV=production node dist/main.js"\n',
    right:
      '[build]\nbuilder = "DOCKERFILE"\n[deploy]\ndrainingSeconds = 30\nstartCommand = "node dist/main.js"\n',
  },
  {
    rule: 'render/grace',
    what: 'less than the plan',
    file: 'render.yaml',
    wrong:
      'services:\n  - type: web\n    name: orders\n    runtime: node\n    maxShutdownDelaySeconds: 20\n',
    right: 'services:\n  - type: web\n    name: orders\n    runtime: node\n',
  },
  {
    rule: 'nomad/grace',
    what: 'the default of 5 s',
    file: 'orders.json',
    wrong:
      '{ "Job": { "TaskGroups": [{ "Tasks": [{ "Name": "orders", "Driver": "docker", "KillTimeout": 0 }] }] } }',
    right:
      '{ "Job": { "TaskGroups": [{ "Tasks": [{ "Name": "orders", "Driver": "docker", "KillTimeout": 30000000000 }] }] } }',
  },
  {
    rule: 'nomad/limit',
    what: 'more than clients allow',
    file: 'orders.json',
    wrong:
      '{ "Job": { "TaskGroups": [{ "Tasks": [{ "Name": "orders", "Driver": "docker", "KillTimeout": 45000000000 }] }] } }',
    right:
      '{ "Job": { "TaskGroups": [{ "Tasks": [{ "Name": "orders", "Driver": "docker", "KillTimeout": 30000000000 }] }] } }',
  },
  {
    rule: 'stop-signal',
    what: 'a signal that Nomad was told',
    file: 'orders.json',
    wrong:
      '{ "Job": { "TaskGroups": [{ "Tasks": [{ "Name": "orders", "Driver": "exec", "KillSignal": "SIGUSR1", "KillTimeout": 30000000000 }] }] } }',
    right:
      '{ "Job": { "TaskGroups": [{ "Tasks": [{ "Name": "orders", "Driver": "exec", "KillTimeout": 30000000000 }] }] } }',
  },
  {
    rule: 'pm2/environment',
    what: 'a variable that is an option',
    file: 'ecosystem.config.js',
    wrong: ecosystem("kill_timeout: 30_000, env_production: { listen_timeout: '9000' }"),
    right: ecosystem("kill_timeout: 30_000, env_production: { LISTEN_TIMEOUT: '9000' }"),
  },
  {
    rule: 'render/plan',
    what: 'a plan that may refuse it',
    file: 'render.yaml',
    wrong:
      'services:\n  - type: web\n    name: orders\n    runtime: node\n    plan: free\n    maxShutdownDelaySeconds: 60\n',
    right:
      'services:\n  - type: web\n    name: orders\n    runtime: node\n    plan: starter\n    maxShutdownDelaySeconds: 60\n',
  },
  {
    rule: 'prestop/required-by-policy',
    what: 'a policy of Kyverno',
    file: 'orders.yaml',
    wrong: documents(ORDERS, POLICY),
    right: documents(ORDERS, POLICY.replace('preStop', 'postStart')),
  },
  {
    rule: 'prestop/required-by-policy',
    what: 'a constraint of Azure',
    file: 'orders.yaml',
    wrong: documents(
      ORDERS,
      'apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sAzureV1ContainerEnforcePreStopHook\nmetadata: { name: hooks }\n',
    ),
    right: documents(
      ORDERS,
      'apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sAzureV3AllowedUsersGroups\nmetadata: { name: users }\n',
    ),
  },
  kubernetes(
    'probe/startup',
    'less time than the start takes',
    '          readinessProbe:\n',
    '          startupProbe:\n            httpGet: { path: /health/startup, port: http }\n            periodSeconds: 1\n          readinessProbe:\n',
  ),
  {
    rule: 'probe/window',
    what: 'a load balancer that asks nodes',
    file: 'orders.yaml',
    wrong: documents(DEPLOYMENT, BUDGET, balanced('aws-load-balancer-type: external')),
    right: documents(
      DEPLOYMENT,
      BUDGET,
      balanced("aws-load-balancer-healthcheck-interval: '5'").replace(
        'annotations:\n',
        "annotations:\n    service.beta.kubernetes.io/aws-load-balancer-healthcheck-unhealthy-threshold: '2'\n",
      ),
    ),
  },
  {
    rule: 'probe/window',
    what: 'a check of Traefik',
    file: 'compose.yaml',
    wrong: traefik('30s'),
    right: traefik('5s'),
  },
  kubernetes(
    'service/dangling',
    'labels that no pod has',
    'selector: { app: orders }\n  ports',
    'selector: { app: order }\n  ports',
  ),
  {
    rule: 'lb/alb',
    what: 'a target that is cut',
    file: 'orders.yaml',
    wrong: documents(ORDERS, ingress(10)),
    right: documents(ORDERS, ingress(300)),
  },
  {
    rule: 'lb/alb',
    what: 'a namespace without the gate',
    file: 'orders.yaml',
    wrong: documents(inShop(documents(ORDERS, ingress(300))), namespace('{ team: shop }')),
    right: documents(
      inShop(documents(ORDERS, ingress(300))),
      namespace('{ elbv2.k8s.aws/pod-readiness-gate-inject: enabled }'),
    ),
  },
];
