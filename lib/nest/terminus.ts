import type { ModulesContainer } from '@nestjs/core';

interface Executor {
  execute: unknown;
  isShuttingDown: boolean;
}

interface DelayOptions {
  options?: { gracefulShutdownTimeoutMs?: number };
}

/**
 * Turns the health checks of an existing Terminus controller to 503, now, or back. Terminus does it by itself only after every
 * `onModuleDestroy` (terminus 11 and 12, HealthCheckExecutor `beforeApplicationShutdown`).
 */
export function failTerminusChecks(modules: ModulesContainer, fail = true): void {
  for (const instance of instancesNamed(modules, 'HealthCheckExecutor')) {
    if ('execute' in instance && 'isShuttingDown' in instance) {
      (instance as Executor).isShuttingDown = fail;
    }
  }
}

/** Takes out Terminus' own wait, which would be paid on top of ours; returns what it was, in milliseconds. */
export function removeTerminusDelay(modules: ModulesContainer): number {
  let delayMs = 0;
  // Terminus 12 waits in the executor, 11 in a service of its own; both read `options` when the time comes.
  for (const name of ['HealthCheckExecutor', 'GracefulShutdownService']) {
    for (const instance of instancesNamed(modules, name)) {
      const host = instance as DelayOptions;
      delayMs = Math.max(delayMs, host.options?.gracefulShutdownTimeoutMs ?? 0);
      if (host.options) host.options = { ...host.options, gracefulShutdownTimeoutMs: 0 };
    }
  }
  return delayMs;
}

function instancesNamed(modules: ModulesContainer, name: string): object[] {
  return [...modules.values()]
    .flatMap((module) => [...module.providers.values()])
    .filter((wrapper) => wrapper.name === name)
    .map((wrapper) => wrapper.instance)
    .filter(
      (instance: unknown): instance is object => typeof instance === 'object' && instance !== null,
    );
}
