import { isUnderPm2, PM2_KILL_TIMEOUT_MS } from './pm2.js';
import { NO_WAIT, wait, type Propagation } from './propagation.js';

/** What is known of a platform: how it is recognised, and how it stops a process. */
export interface PlatformRow {
  /** Whether its marks are in the environment; undefined for one that leaves none. */
  readonly isMarked?: (env: NodeJS.ProcessEnv, pid: number) => boolean;
  /** The same for docs/platforms.md. */
  readonly recognisedBy: string;
  /** From the stop signal to SIGKILL, in milliseconds, unless it was set there. */
  readonly gracePeriodMs: number;
  /** What was set there, where the environment says it, in milliseconds. */
  readonly graceIn?: { readonly variable: string; readonly unitMs: number };
  /** The number is an assumption: nobody says it, or it depends on what can't be seen from inside. */
  readonly isAssumed?: true;
  /** The shortest, the quiet, and the longest wait for the load balancers, for a grace period in milliseconds. */
  readonly propagation: (gracePeriodMs: number) => Propagation;
  /** Where the numbers stand. */
  readonly source: string;
  /** Why the waits are as they are. */
  readonly why: string;
  /** How a rehearsal replaces an instance; undefined where no load balancer is told of a stop. */
  readonly rehearsal?: {
    /** How late the load balancer learns, at least and at most, in milliseconds. */
    readonly lagMs: readonly [shortest: number, longest: number];
    readonly env: Readonly<Record<string, string>>;
  };
}

const SECOND_MS = 1_000;
const TOLD_BEFORE =
  'the load balancer is told before the signal, so only a quiet moment is waited for';
const NO_BALANCER = 'no load balancer is known, so nothing is waited for';

/** In the order in which they are recognised: of two marks, the one that stands first says how the process is stopped. */
export const PLATFORM_TABLE = {
  'azure-container-apps': {
    isMarked: (env) => has(env, 'CONTAINER_APP_NAME', 'CONTAINER_APP_REVISION'),
    recognisedBy: '`CONTAINER_APP_NAME`, `CONTAINER_APP_REVISION`',
    gracePeriodMs: 30_000,
    propagation: wait({ floor: [5_000, 4], quiet: [2_000, 10], cap: 3 }),
    source: 'https://learn.microsoft.com/azure/container-apps/application-lifecycle-management',
    why: 'Kubernetes and Envoy are beneath it',
    rehearsal: {
      lagMs: [200, 2_000],
      env: { CONTAINER_APP_NAME: 'rehearsal', CONTAINER_APP_REVISION: 'rehearsal--1' },
    },
  },
  kubernetes: {
    // Before Cloud Run: Knative sets K_SERVICE too, and there the pod's rules are what counts.
    isMarked: (env) => has(env, 'KUBERNETES_SERVICE_HOST'),
    recognisedBy: '`KUBERNETES_SERVICE_HOST`',
    gracePeriodMs: 30_000,
    propagation: wait({ floor: [5_000, 4], quiet: [2_000, 10], cap: 3 }),
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination',
    why: 'the removal of the endpoint and SIGTERM race, and no SLO bounds the race; 5 s is the wait in the example of KEP-3960',
    rehearsal: { lagMs: [200, 2_000], env: { KUBERNETES_SERVICE_HOST: '10.96.0.1' } },
  },
  ecs: {
    isMarked: (env) =>
      has(env, 'ECS_CONTAINER_METADATA_URI_V4') || has(env, 'ECS_CONTAINER_METADATA_URI'),
    recognisedBy: '`ECS_CONTAINER_METADATA_URI_V4`',
    gracePeriodMs: 30_000,
    propagation: wait({ quiet: [1_000, 10], cap: 3 }),
    source:
      'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html',
    why: TOLD_BEFORE,
    rehearsal: {
      lagMs: [0, 0],
      env: { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/0' },
    },
  },
  'cloud-run': {
    isMarked: (env) => has(env, 'K_SERVICE', 'K_REVISION'),
    recognisedBy: '`K_SERVICE`, `K_REVISION`',
    gracePeriodMs: 10_000,
    propagation: wait({ quiet: [500, 20], cap: 5 }),
    source: 'https://cloud.google.com/run/docs/container-contract#instance-shutdown',
    why: TOLD_BEFORE,
    rehearsal: { lagMs: [0, 0], env: { K_SERVICE: 'rehearsal', K_REVISION: 'rehearsal-1' } },
  },
  'aws-lambda': {
    isMarked: (env) => has(env, 'AWS_LAMBDA_FUNCTION_NAME'),
    recognisedBy: '`AWS_LAMBDA_FUNCTION_NAME`',
    gracePeriodMs: 300,
    propagation: () => NO_WAIT,
    source: 'https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html',
    why: 'SIGTERM comes only where an extension is registered, and after the last request: 300 ms with an external one, 500 ms with an internal one',
  },
  'app-runner': {
    recognisedBy: 'the option alone: it leaves no mark',
    gracePeriodMs: 10_000,
    isAssumed: true,
    propagation: wait({ quiet: [500, 20], cap: 5 }),
    source: 'https://docs.aws.amazon.com/apprunner/latest/dg/develop.html',
    why: 'its documentation says nothing of a stop; the numbers are those of Cloud Run',
  },
  'azure-app-service': {
    isMarked: (env) => has(env, 'WEBSITE_SITE_NAME', 'WEBSITE_INSTANCE_ID'),
    recognisedBy: '`WEBSITE_SITE_NAME`, `WEBSITE_INSTANCE_ID`',
    gracePeriodMs: 5_000,
    graceIn: { variable: 'WEBSITES_CONTAINER_STOP_TIME_LIMIT', unitMs: SECOND_MS },
    propagation: wait({ floor: [1_000, 5], quiet: [500, 10], cap: 3 }),
    source: 'https://learn.microsoft.com/azure/app-service/reference-app-settings',
    why: 'when its front ends learn of a stop is not documented',
  },
  heroku: {
    isMarked: (env) => has(env, 'DYNO'),
    recognisedBy: '`DYNO`',
    gracePeriodMs: 30_000,
    propagation: wait({ floor: [1_000, 20], quiet: [1_000, 20], cap: 3 }),
    source: 'https://devcenter.heroku.com/articles/dyno-shutdown-behavior',
    why: 'the router is told with the signal, and requests may still come for a moment',
    rehearsal: { lagMs: [100, 1_000], env: { DYNO: 'web.1' } },
  },
  railway: {
    isMarked: (env) => has(env, 'RAILWAY_SERVICE_ID') || has(env, 'RAILWAY_ENVIRONMENT_ID'),
    recognisedBy: '`RAILWAY_SERVICE_ID`, `RAILWAY_ENVIRONMENT_ID`',
    gracePeriodMs: 3_000,
    graceIn: { variable: 'RAILWAY_DEPLOYMENT_DRAINING_SECONDS', unitMs: SECOND_MS },
    isAssumed: true,
    propagation: wait({ quiet: [500, 20], cap: 5 }),
    source: 'https://docs.railway.com/guides/deployment-teardown',
    why: 'traffic goes to the new deployment before the signal. Unset, its staff says 3 s, and others have seen 0 s',
    rehearsal: {
      lagMs: [0, 0],
      env: { RAILWAY_SERVICE_ID: 'rehearsal', RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '3' },
    },
  },
  render: {
    isMarked: (env) => has(env, 'RENDER', 'RENDER_SERVICE_ID'),
    recognisedBy: '`RENDER`, `RENDER_SERVICE_ID`',
    gracePeriodMs: 30_000,
    propagation: wait({ quiet: [1_000, 10], cap: 3 }),
    source: 'https://render.com/docs/deploys',
    why: TOLD_BEFORE,
    rehearsal: { lagMs: [0, 0], env: { RENDER: 'true', RENDER_SERVICE_ID: 'srv-rehearsal' } },
  },
  fly: {
    isMarked: (env) => has(env, 'FLY_APP_NAME', 'FLY_MACHINE_ID'),
    recognisedBy: '`FLY_APP_NAME`, `FLY_MACHINE_ID`',
    gracePeriodMs: 5_000,
    propagation: wait({ floor: [1_000, 5], quiet: [500, 10], cap: 3 }),
    source: 'https://fly.io/docs/reference/configuration/',
    why: 'its proxy learns as the machine is told to stop',
    rehearsal: {
      lagMs: [100, 500],
      env: { FLY_APP_NAME: 'rehearsal', FLY_MACHINE_ID: '00000000000000' },
    },
  },
  nomad: {
    isMarked: (env) => has(env, 'NOMAD_ALLOC_ID'),
    recognisedBy: '`NOMAD_ALLOC_ID`',
    gracePeriodMs: 5_000,
    propagation: wait({ floor: [1_000, 5], quiet: [500, 10], cap: 3 }),
    source: 'https://developer.hashicorp.com/nomad/docs/job-specification/task',
    why: 'the service is deregistered when the task is told to stop (`shutdown_delay` 0)',
    rehearsal: {
      lagMs: [100, 500],
      env: { NOMAD_ALLOC_ID: '00000000-0000-0000-0000-000000000000' },
    },
  },
  pm2: {
    isMarked: isUnderPm2,
    recognisedBy: '`pm_id`, `PM2_HOME`',
    gracePeriodMs: PM2_KILL_TIMEOUT_MS,
    graceIn: { variable: 'kill_timeout', unitMs: 1 },
    propagation: () => NO_WAIT,
    source: 'https://pm2.keymetrics.io/docs/usage/signals-clean-restart/',
    why: 'in cluster mode PM2 holds the socket itself, and starts the next process first',
  },
  systemd: {
    // SYSTEMD_EXEC_PID is inherited by everything a unit starts, so it counts only for the unit's own main process.
    isMarked: (env, pid) => env['SYSTEMD_EXEC_PID'] === String(pid) || has(env, 'NOTIFY_SOCKET'),
    recognisedBy: '`SYSTEMD_EXEC_PID`, `NOTIFY_SOCKET`',
    gracePeriodMs: 90_000,
    propagation: () => NO_WAIT,
    source: 'https://www.freedesktop.org/software/systemd/man/latest/systemd-system.conf.html',
    why: NO_BALANCER,
  },
  docker: {
    isMarked: (env) => env['container'] === 'podman',
    recognisedBy: '`container=podman`; Docker leaves no mark, and `none` has its numbers',
    gracePeriodMs: 10_000,
    propagation: () => NO_WAIT,
    source: 'https://docs.docker.com/reference/cli/docker/container/stop/',
    why: NO_BALANCER,
  },
  none: {
    recognisedBy: 'otherwise',
    gracePeriodMs: 10_000,
    isAssumed: true,
    propagation: () => NO_WAIT,
    source: 'https://docs.docker.com/reference/cli/docker/container/stop/',
    why: NO_BALANCER,
  },
} satisfies Readonly<Record<string, PlatformRow>>;

function has(env: NodeJS.ProcessEnv, ...names: readonly string[]): boolean {
  return names.every((name) => Boolean(env[name]));
}
