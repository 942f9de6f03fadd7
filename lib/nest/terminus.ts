import type { ModulesContainer } from '@nestjs/core';

/** Of Terminus' options, by which its services are known: classes are renamed by bundlers, tokens and members are not. */
const OPTIONS = 'TERMINUS:MODULE_OPTIONS'; // terminus 11 and 12, TERMINUS_MODULE_OPTIONS

/** `HealthCheckExecutor` of terminus 11 and 12. */
interface Executor {
  execute: (indicators: unknown[]) => unknown;
  beforeApplicationShutdown: (signal?: string) => unknown;
  isShuttingDown: boolean;
}

/** What waits: the executor of terminus 12, in 11 a `GracefulShutdownService`. Both read `options` when the time comes. */
interface Waiter {
  options: { gracefulShutdownTimeoutMs?: number };
}

/**
 * Turns the health checks of an existing Terminus controller to 503, now, or back. Terminus does it by itself only after every
 * `onModuleDestroy` (terminus 11 and 12, HealthCheckExecutor `beforeApplicationShutdown`).
 */
export function failTerminusChecks(modules: ModulesContainer, fail = true): void {
  for (const { instances } of terminusModules(modules)) {
    for (const instance of instances) if (isExecutor(instance)) instance.isShuttingDown = fail;
  }
}

/** Takes out Terminus' own wait, which would be paid on top of ours; returns what it was, in milliseconds. */
export function removeTerminusDelay(modules: ModulesContainer): number {
  let delayMs = 0;
  for (const { options, instances } of terminusModules(modules)) {
    for (const instance of instances) {
      if (!isWaiter(instance, options)) continue;
      delayMs = Math.max(delayMs, instance.options.gracefulShutdownTimeoutMs ?? 0);
      instance.options = { ...instance.options, gracefulShutdownTimeoutMs: 0 };
    }
  }
  return delayMs;
}

/** Several when an application imports it with and without options, or in two versions. */
function terminusModules(
  modules: ModulesContainer,
): Array<{ options: unknown; instances: object[] }> {
  return [...modules.values()]
    .filter(({ providers }) => providers.has(OPTIONS))
    .map(({ providers }) => ({
      options: providers.get(OPTIONS)?.instance,
      instances: [...providers.values()]
        .map(({ instance }) => instance)
        .filter((one): one is object => typeof one === 'object' && one !== null),
    }));
}

function isExecutor(instance: object): instance is Executor {
  const { execute, beforeApplicationShutdown, isShuttingDown } = instance as Partial<Executor>;
  return (
    typeof execute === 'function' &&
    typeof beforeApplicationShutdown === 'function' &&
    typeof isShuttingDown === 'boolean'
  );
}

/** Both services are given the module's options; another one that happens to have options has its own. */
function isWaiter(instance: object, options: unknown): instance is Waiter {
  const { beforeApplicationShutdown } = instance as Partial<Executor>;
  const own = (instance as Partial<Waiter>).options;
  return typeof beforeApplicationShutdown === 'function' && own !== undefined && own === options;
}
