import { limitText } from '../report/text.js';
import { sentence } from './line.js';

/** What is said of tasks, their order, and the connections that are held for them. */

export const orderWithoutEffect = sentence(
  {
    id: 'order-without-effect',
    level: 'warn',
    means: 'An `after`, a `before` or an entry of `order` names a provider without shutdown hooks.',
    toDo: 'Remove it, or name the provider that has the hook.',
  },
  (of: { readonly place: string; readonly target: string }) =>
    `${of.place} names ${of.target}, which has nothing to do at shutdown; it has no effect.`,
);

export const phaseWithoutHook = sentence(
  {
    id: 'phase-without-hook',
    level: 'warn',
    means:
      '`@ShutdownPhase()` is on a class without hooks, most often because of a typing mistake in one.',
    toDo: 'Correct the name of the hook, or remove the decorator.',
  },
  (of: { readonly name: string | undefined; readonly site: string | undefined }) =>
    `@ShutdownPhase() of ${of.name} (${of.site}) orders nothing: ` +
    'the class has neither a shutdown hook of Nest nor a decorated method.',
);

export const timeoutOverPhase = sentence(
  {
    id: 'timeout-over-phase',
    level: 'warn',
    means:
      'The phase of a task ends before the task may. Where the grace period is known, the boot fails instead.',
    toDo: "Lower the task's `timeoutMs`, or set `gracePeriodMs` to what the platform gives.",
  },
  (of: { readonly problem: string; readonly gracePeriodMs: number }) =>
    `${of.problem} Nothing here says how long the grace period is: ${limitText(of.gracePeriodMs)} are assumed.`,
);

export const lazyModule = sentence(
  {
    id: 'lazy-module',
    level: 'warn',
    means: 'Neither Nest nor this module ends what a lazily loaded module has opened.',
    toDo: 'Import the module eagerly, or move the hook to a provider of a module that is.',
  },
  (of: { readonly task: string; readonly site: string | undefined; readonly isHook: boolean }) => {
    const what = of.isHook ? 'Nest does not call its hook' : 'it is left out';
    return `${of.task} is in a module that was loaded lazily (${of.site}): ${what} at shutdown. Import the module eagerly.`;
  },
);

export const hooksLost = sentence(
  {
    id: 'hooks-lost',
    level: 'error',
    means: 'The hooks could not be put in order, so none of them runs. The drain does.',
    toDo: 'Mend what the error names. If the application was still starting, the error is that of its boot.',
  },
  (error: unknown) => `Shutting down without the hooks of providers: ${String(error)}`,
);

export const clientsNotFound = sentence(
  {
    id: 'clients-not-found',
    level: 'warn',
    means:
      'The search for database clients failed, so a client may be closed while a hook still writes.',
    toDo: 'Please report it, with the error.',
  },
  (error: unknown) =>
    `The clients of databases were not found, so none of them is held open: ${String(error)}`,
);

export const clientClosedEarly = sentence(
  {
    id: 'client-closed-early',
    level: 'warn',
    means:
      'Half of `close` is over, and a hook still runs: the client that was held open for it is closed.',
    toDo: 'Look for what the named hooks wait for; the next line says whether it was that client.',
  },
  (of: { readonly client: string; readonly tasks: readonly string[] }) =>
    `${of.client} is closed while ${of.tasks.join(', ')} still runs: half of the time is over`,
);

export const hookWaitedForClient = sentence(
  {
    id: 'hook-waited-for-client',
    level: 'warn',
    means: 'A hook waited for a client to close, and the client was held open for the hook.',
    toDo: 'Stop in the hook what it waits for, such as a subscription, or close the client in it.',
  },
  (of: { readonly client: string; readonly tasks: readonly string[] }) =>
    `${of.tasks.join(', ')} ended when ${of.client} was closed, and had waited for that: ` +
    `stop what it waits for in the hook itself, or close ${of.client} in it`,
);

export const hookWaitsForMore = sentence(
  {
    id: 'hook-waits-for-more',
    level: 'warn',
    means: 'A hook still runs though its client is closed.',
    toDo: 'Look for what else the hook waits for, and give it a limit.',
  },
  (of: { readonly client: string; readonly tasks: readonly string[] }) =>
    `${of.tasks.join(', ')} goes on though ${of.client} is closed: it waits for something else`,
);
