import { planFacts } from '../../../../lib/cli/check/plan-facts.js';

/** What `nestjs-graceful plan --json` prints of an application with 30 s on Kubernetes, as far as check reads it. */
export const PLAN_JSON = {
  version: 1,
  complete: false,
  platform: 'kubernetes',
  gracePeriodMs: 30_000,
  given: { platform: true, gracePeriodMs: true },
  bootMs: 4_200,
  exitMarginMs: 1_000,
  propagation: { floorMs: 5_000, quietMs: 2_000, capMs: 10_000, probeFailures: 3 },
  criticalPath: { phases: ['announce', 'propagate', 'drain', 'flush', 'close'], ms: 18_300 },
  signals: { stop: ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] },
  probes: {
    livePath: '/health/live',
    readyPath: '/health/ready',
    startupPath: '/health/startup',
    checkTimeoutMs: 800,
    checks: [],
  },
  servers: [{ tls: false, http2: false, port: 3_000 }],
  transports: [],
};

export const PLAN = planFacts(PLAN_JSON, 'plan.json');
