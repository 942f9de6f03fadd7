import type { ModulesContainer } from '@nestjs/core';

/**
 * Tokens by which Terminus' module is known, and its services by their members: bundlers rename classes, and neither of
 * these. Terminus 11.1 to 12 have the first (TERMINUS_LOGGER), 11.0 the second.
 */
const TOKENS = ['TERMINUS:LOGGER', 'TERMINUS_LOGGER'];

/** `HealthCheckExecutor`. */
interface Executor extends Hooked {
  execute: (indicators: unknown[]) => unknown;
  isShuttingDown: boolean;
}

/**
 * What waits in its hook: in Terminus 12 the executor, in 11 a `GracefulShutdownService`. All of them read the time when
 * the hook is called; that of 11.0 has it as a member.
 */
interface Waiter extends Hooked {
  options?: { gracefulShutdownTimeoutMs?: number };
  gracefulShutdownTimeoutMs?: number;
}

interface Hooked {
  beforeApplicationShutdown: (signal?: string) => unknown;
}

/**
 * Turns the health checks of an existing Terminus controller to 503, now, or back. Terminus does it by itself only after every
 * `onModuleDestroy` (terminus 11 and 12, HealthCheckExecutor `beforeApplicationShutdown`).
 */
export function failTerminusChecks(modules: ModulesContainer, fail = true): void {
  for (const service of servicesWithHook(modules)) {
    if (isExecutor(service)) service.isShuttingDown = fail;
  }
}

/** Whether an application has it. */
export function hasTerminus(modules: ModulesContainer): boolean {
  return modulesOfTerminus(modules).length > 0;
}

/** Takes out Terminus' own wait, which would be paid on top of ours; returns what it was, in milliseconds. */
export function removeTerminusDelay(modules: ModulesContainer): number {
  const delays = servicesWithHook(modules).map((service: Waiter) => {
    const { options, gracefulShutdownTimeoutMs } = service;
    if (typeof gracefulShutdownTimeoutMs === 'number') {
      service.gracefulShutdownTimeoutMs = 0;
      return gracefulShutdownTimeoutMs;
    }
    if (typeof options?.gracefulShutdownTimeoutMs !== 'number') return 0;
    service.options = { ...options, gracefulShutdownTimeoutMs: 0 };
    return options.gracefulShutdownTimeoutMs;
  });
  return Math.max(0, ...delays);
}

/** Those of each module of Terminus: an application may have it in two versions, or with and without options. */
function servicesWithHook(modules: ModulesContainer): Hooked[] {
  return modulesOfTerminus(modules)
    .flatMap(({ providers }) => [...providers.values()])
    .map(({ instance }) => instance as Partial<Hooked> | null | undefined)
    .filter((one): one is Hooked => typeof one?.beforeApplicationShutdown === 'function');
}

function modulesOfTerminus(modules: ModulesContainer) {
  return [...modules.values()].filter(({ providers }) =>
    TOKENS.some((token) => providers.has(token)),
  );
}

function isExecutor(service: Hooked): service is Executor {
  const { execute, isShuttingDown } = service as Partial<Executor>;
  return typeof execute === 'function' && typeof isShuttingDown === 'boolean';
}
