import type { Platform } from './platform.js';

/** What a platform brings: its grace period, and how late its load balancers learn of a stop. */
export interface PlatformPreset {
  /** From the stop signal to SIGKILL, in milliseconds. */
  readonly gracePeriodMs: number;
  /** The shortest, the quiet, and the longest wait for the load balancers, in milliseconds for that grace period. */
  readonly propagation: (gracePeriodMs: number) => Propagation;
}

/** How long the load balancers are waited for, in milliseconds. */
export interface Propagation {
  readonly floorMs: number;
  readonly quietMs: number;
  readonly capMs: number;
}

const NO_WAIT: Propagation = { floorMs: 0, quietMs: 0, capMs: 0 };

/** Where each number comes from is said at the number. A grace period set shorter shrinks the waits with it. */
export const PLATFORM_PRESETS: Readonly<Record<Platform, PlatformPreset>> = {
  /**
   * 30 s: `terminationGracePeriodSeconds`, Kubernetes docs "Pod Lifecycle, Termination of Pods"; the clock starts before preStop.
   * Endpoint removal and SIGTERM race, and no SLO bounds the race (kubernetes/community "network programming latency");
   * 5 s is the wait of the zero-downtime example in KEP-3960.
   */
  kubernetes: {
    gracePeriodMs: 30_000,
    propagation: (grace) => ({
      floorMs: Math.min(5_000, grace / 4),
      quietMs: Math.min(2_000, grace / 10),
      capMs: grace / 3,
    }),
  },
  /**
   * 30 s: `stopTimeout`, Amazon ECS docs "Task definition parameters". The service deregisters the target and waits for
   * its draining before the stop signal, so there is no floor: only a quiet moment is waited for.
   */
  ecs: {
    gracePeriodMs: 30_000,
    propagation: (grace) => ({
      floorMs: 0,
      quietMs: Math.min(1_000, grace / 10),
      capMs: grace / 3,
    }),
  },
  /** 10 s: Cloud Run docs "Container runtime contract": SIGTERM, then SIGKILL after 10 s; routing has stopped by then. */
  'cloud-run': {
    gracePeriodMs: 10_000,
    propagation: (grace) => ({
      floorMs: 0,
      quietMs: Math.min(500, grace / 20),
      capMs: grace / 5,
    }),
  },
  /** 30 s: Heroku Dev Center "Dyno shutdown": requests may still arrive for a moment after SIGTERM, and the router is told then. */
  heroku: {
    gracePeriodMs: 30_000,
    propagation: (grace) => ({
      floorMs: Math.min(1_000, grace / 20),
      quietMs: Math.min(1_000, grace / 20),
      capMs: grace / 3,
    }),
  },
  /** 5 s: `kill_timeout`, Nomad docs "task block"; services are deregistered when the task is told to stop (`shutdown_delay` 0). */
  nomad: {
    gracePeriodMs: 5_000,
    propagation: (grace) => ({
      floorMs: Math.min(1_000, grace / 5),
      quietMs: Math.min(500, grace / 10),
      capMs: grace / 3,
    }),
  },
  /**
   * 1.6 s: `kill_timeout`, PM2 docs "Graceful Stop"; in the environment if it is configured, and then that counts. PM2 in
   * cluster mode holds the socket itself, and starts the next process first, so nothing is waited for.
   */
  pm2: { gracePeriodMs: 1_600, propagation: () => NO_WAIT },
  /** 90 s: `DefaultTimeoutStopSec`, systemd-system.conf(5). No load balancer is known, so nothing is waited for. */
  systemd: { gracePeriodMs: 90_000, propagation: () => NO_WAIT },
  /** 10 s: what `docker stop` waits before SIGKILL (Docker CLI reference). A developer's restart stays instant. */
  none: { gracePeriodMs: 10_000, propagation: () => NO_WAIT },
};
