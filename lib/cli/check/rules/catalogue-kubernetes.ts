import type { RuleRow } from './rule-row.js';

/** Rules about objects of Kubernetes and Knative. */
export const KUBERNETES_RULES = {
  'grace/too-short': {
    severity: 'error',
    needsPlan: true,
    when: "the pod's grace period is shorter than what the application plans with",
    why: 'Kubernetes kills the container in the middle of its drain, and there is no report. Set terminationGracePeriodSeconds to what the plan needs, and what preStop takes on top; or lower gracePeriodMs, by GRACEFUL_GRACE_PERIOD_MS in the container.',
  },
  'grace/mismatch': {
    severity: 'note',
    needsPlan: true,
    when: "the pod's grace period is longer than what the application plans with",
    why: 'The application gives up while it still had time: a long request is cut at the end of its plan, not at that of the pod. Set both numbers alike.',
  },
  'grace/zero': {
    severity: 'error',
    when: 'terminationGracePeriodSeconds is 0',
    why: 'The container is killed at once: no signal is handled, nothing is drained.',
  },
  'grace/variable': {
    severity: 'error',
    when: 'GRACEFUL_GRACE_PERIOD_MS is not a whole number of milliseconds of at least 1000',
    why: 'The application refuses to start with it.',
  },
  'grace/probe': {
    severity: 'warning',
    needsPlan: true,
    when: 'a liveness or startup probe has a terminationGracePeriodSeconds of its own that is shorter than the plan',
    why: 'A restart by that probe uses its number, not that of the pod: the drain of such a restart is cut.',
  },
  'prestop/eats-grace': {
    severity: 'error',
    needsPlan: true,
    when: 'preStop and the plan together take longer than the grace period',
    why: 'The clock of the grace period starts before preStop. Remove the hook, which the phase propagate makes needless, or add its seconds to the grace period, or take them off gracePeriodMs.',
  },
  'prestop/overruns': {
    severity: 'error',
    when: 'preStop alone takes as long as the grace period, or longer',
    why: 'The application gets its signal when its time is over (Kubernetes adds 2 s once): nothing is drained.',
  },
  'prestop/double-wait': {
    severity: 'note',
    needsPlan: true,
    when: 'preStop sleeps, and the application waits for the load balancers as well',
    why: 'Each deploy waits twice for the same thing. Remove the hook, or set propagationFloorMs to 0.',
  },
  'prestop/unbounded': {
    severity: 'warning',
    when: 'preStop waits in a loop, or asks a server, without a limit',
    why: 'When what it waits for does not come, the hook takes the whole grace period. Give the loop an end, and curl a --max-time.',
  },
  'prestop/needs-shell': {
    severity: 'error',
    when: 'preStop runs a shell or a tool that a distroless image does not have',
    why: 'The hook fails at once, and the wait that it was meant to be does not happen. Use the sleep action, or no hook.',
  },
  'prestop/required-by-policy': {
    severity: 'note',
    when: 'a policy among the files demands a preStop hook, and a container has none',
    why: 'Policies of datree (CONTAINERS_MISSING_PRESTOP_KEY), Azure (ContainerEnforcePreStopHook) or Kyverno ask for a hook, whatever it does. The application waits by itself, so the smallest one serves: a sleep of one second, and a second more of grace.',
  },
  'probe/paths': {
    severity: 'warning',
    needsPlan: true,
    when: "a probe asks the path or port of another probe of the plan, or the plan's path on a port where nothing answers",
    why: 'Readiness that asks the path of liveness stays up while the application drains; liveness that asks the path of readiness restarts the container for what a restart does not heal.',
  },
  'probe/identical': {
    severity: 'warning',
    when: 'liveness and readiness ask the same',
    why: 'They mean opposite things: a service that is not ready must be left alone, one that is not alive restarted. Ask /health/live and /health/ready.',
  },
  'probe/missing': {
    severity: 'warning',
    when: 'a pod behind a Service has no readiness probe',
    why: 'It gets traffic before it listens, in each deploy.',
  },
  'probe/readiness-tcp': {
    severity: 'warning',
    when: 'readiness is a TCP probe',
    why: 'The port is open while the application drains: the probe says ready as long as it can connect, and what goes by the probe learns nothing.',
  },
  'probe/liveness-deep': {
    severity: 'note',
    when: 'liveness asks a path that is named like a dependency',
    why: 'If the database is down, every replica is restarted at once. Liveness should ask the process only.',
  },
  'probe/timeout': {
    severity: 'warning',
    when: 'a probe gives up before the application would answer, or has a timeout longer than its period',
    why: 'A slow check then counts as a failure without an answer. timeoutSeconds is 1 if it is not set; probes.checkTimeoutMs is the limit of a check.',
  },
  'probe/startup': {
    severity: 'warning',
    needsPlan: true,
    when: 'the startup probe, or liveness without one, gives up before the application has started',
    why: 'The container is restarted before it serves, and again. How long the start took is in a plan that was made with plan --init; give a multiple of it, because a node is slower than your computer.',
  },
  'probe/window': {
    severity: 'warning',
    needsPlan: true,
    when: 'a load balancer that goes by health checks learns of a draining pod later than the application waits for it',
    why: 'With externalTrafficPolicy: Local a load balancer asks the nodes, interval times threshold (10 s × 3 with the AWS Load Balancer Controller), and sends to a node until its checks have failed; the health checks of Traefik are such a window, too. The endpoints of Kubernetes are not meant: they go by the deletion. Make the interval shorter, or propagationCapMs longer.',
  },
  'rollout/strategy': {
    severity: 'warning',
    when: 'the strategy is Recreate, or OnDelete',
    why: 'All pods end before the first new one starts: there is nobody to serve meanwhile.',
  },
  'rollout/unavailable': {
    severity: 'warning',
    when: 'maxUnavailable lets every replica be away at once',
    why: 'The rollout may stop all of them before one new pod is ready.',
  },
  'rollout/unknown-key': {
    severity: 'warning',
    when: 'the strategy has a key of another kind, such as rollingParams in a Deployment',
    why: 'Kubernetes ignores it, and the defaults apply.',
  },
  'rollout/min-ready': {
    severity: 'note',
    oncePerRun: true,
    when: 'minReadySeconds is 0',
    why: 'A pod that answers once and then fails counts as a success, and the rollout goes on. A few seconds hold it back.',
  },
  replicas: {
    severity: 'note',
    oncePerRun: true,
    when: 'there is one replica, and nothing that scales it',
    why: 'With one pod, each eviction is an outage: a node drain ends it before its successor exists.',
  },
  'hpa/static-replicas': {
    severity: 'warning',
    when: 'replicas is set beside an autoscaler',
    why: 'Each apply sets the number back, and pods end that the autoscaler starts again. Remove replicas.',
  },
  'hpa/minimum': {
    severity: 'note',
    when: 'the autoscaler may go down to one replica',
    why: 'At night, each eviction is an outage. Set minReplicas to 2 or more.',
  },
  'pdb/missing': {
    severity: 'note',
    oncePerRun: true,
    when: 'no PodDisruptionBudget covers a workload',
    why: 'A node drain may end all its pods at once.',
  },
  'pdb/blocks': {
    severity: 'warning',
    when: 'a PodDisruptionBudget allows no disruption',
    why: 'Node drains wait for ever, and operators learn to delete pods by force: without any grace.',
  },
  'pdb/unhealthy': {
    severity: 'note',
    when: 'a PodDisruptionBudget has no unhealthyPodEvictionPolicy',
    why: 'Pods that are not ready block a node drain. AlwaysAllow lets them go.',
  },
  spread: {
    severity: 'note',
    oncePerRun: true,
    when: 'nothing spreads the replicas over nodes',
    why: 'All may stand on the node that goes next.',
  },
  'sidecar/order': {
    severity: 'warning',
    when: 'a proxy is an ordinary container beside the application',
    why: 'It gets its signal at the same moment and ends first: the connections of the drain are gone. Make it a native sidecar (an init container with restartPolicy: Always), or give its own drain more time than the plan.',
  },
  'sidecar/job': {
    severity: 'warning',
    when: 'a Job has a proxy as an ordinary container',
    why: 'The proxy never ends, and so the Job never does. Make it a native sidecar.',
  },
  'service/not-ready-addresses': {
    severity: 'warning',
    when: 'a Service publishes addresses that are not ready',
    why: 'Readiness is ignored: pods that start or drain get traffic. That is for peers that find each other, not for clients.',
  },
  'service/dangling': {
    severity: 'warning',
    when: 'a Service is called like a workload, and selects no pod of any',
    why: 'It has no endpoints, and whatever asks it gets no answer. Only what is called alike is compared: the pods of other Services may be elsewhere.',
  },
  'lb/alb': {
    severity: 'warning',
    when: 'the AWS load balancer cuts requests before the application would, or a rollout does not wait for its targets',
    why: 'A deregistering target keeps its requests for deregistration_delay.timeout_seconds (300 if unset) and is cut then; a longer delay than the plan does no harm. With ip targets, the namespace needs the label elbv2.k8s.aws/pod-readiness-gate-inject: enabled, or old pods go before the new ones are healthy in the target group.',
  },
  'kubernetes/version': {
    severity: 'error',
    when: 'a field needs a newer Kubernetes than --kubernetes says, or a feature gate',
    why: 'An older API server drops the field or refuses the object; a dropped sleep action is a hook that does nothing.',
  },
  'report/lost': {
    severity: 'note',
    when: 'terminationMessagePath is not the file that the report is written to',
    why: "The pod's status then has no report of the shutdown. Leave the path, or set the option terminationLog.",
  },
  'knative/hooks': {
    severity: 'warning',
    when: 'a Knative Service has a preStop hook',
    why: 'Knative refuses it: its queue-proxy holds the request path during the drain.',
  },
} as const satisfies Record<string, RuleRow>;
