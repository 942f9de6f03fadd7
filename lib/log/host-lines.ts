import { limitText } from '../report/text.js';
import { sentence } from './line.js';

/** What is said at boot of who starts this process, who stops it, and who else may end it. */

export const workerThread = sentence(
  {
    id: 'worker-thread',
    level: 'warn',
    means: 'Node delivers signals to the main thread only.',
    toDo: 'Let the main thread call `app.close()` or `Graceful.shutdown()` in the worker, and wait for it.',
  },
  () =>
    'This application runs in a worker thread, where no stop signal arrives. Call its `app.close()` or ' +
    '`Graceful.shutdown()` before the main thread ends the worker. Watt does so itself.',
);

export const listenerEndsProcess = sentence(
  {
    id: 'listener-ends-process',
    level: 'warn',
    means:
      'A signal listener that is not ours ends the process, and with it the shutdown in progress.',
    toDo: 'Remove the listener. Move its work to `@OnFlush()` or `onApplicationShutdown()` of a provider.',
  },
  (of: {
    readonly signals: readonly NodeJS.Signals[];
    readonly excerpt: string;
    readonly afterMs?: number;
  }) => {
    const when =
      of.afterMs === undefined ? 'before the shutdown is over' : `${of.afterMs} ms after it`;
    return (
      `Another listener for ${of.signals.join(', ')} calls process.exit() ${when} and cuts what is in flight: ` +
      `${of.excerpt}. Remove it, and move its work to a provider's @OnFlush() or onApplicationShutdown(). ` +
      'This module ends the process.'
    );
  },
);

export const listenerClosesEarly = sentence(
  {
    id: 'listener-closes-early',
    level: 'warn',
    means:
      'A signal listener that is not ours closes a client, a pool or a server at the signal, while requests still use it.',
    toDo: 'Remove the listener. Close it in `onModuleDestroy()` of the provider that owns it, which runs after the drain.',
  },
  (of: { readonly signals: readonly NodeJS.Signals[]; readonly excerpt: string }) =>
    `Another listener for ${of.signals.join(', ')} closes something at the signal, while requests are still served: ` +
    `${of.excerpt}. Those that need it will fail. Remove it, and close it in onModuleDestroy() of the provider that owns ` +
    'it, or in @OnClose(): both run after the drain.',
);

export const pm2KillTimeout = sentence(
  {
    id: 'pm2-kill-timeout',
    level: 'warn',
    means: 'PM2 sends SIGKILL before the shutdown can be over.',
    toDo: 'Set `kill_timeout` and `wait_ready` in ecosystem.config.js to the values in the line.',
  },
  (of: { readonly graceMs: number; readonly isDefault: boolean; readonly wantedMs: number }) =>
    `PM2 kills this process ${limitText(of.graceMs)} after its stop signal (kill_timeout${of.isDefault ? ', its default' : ''}): ` +
    `what takes longer is cut, without a report. Set \`kill_timeout: ${of.wantedMs}\` and \`wait_ready: true\` in ` +
    'ecosystem.config.js',
);

export const graceAssumed = sentence(
  {
    id: 'grace-assumed',
    level: 'log',
    means:
      'Nobody has said how long this process has after its stop signal. Set `gracePeriodMs` to what your platform gives.',
  },
  (of: {
    readonly platform: string;
    readonly gracePeriodMs: number;
    readonly variable?: string;
  }) => {
    const by =
      of.platform === 'none' ? 'No platform was recognised' : `The platform is ${of.platform}`;
    const set = of.variable === undefined ? '' : `, or ${of.variable}`;
    return (
      `${by}, and ${limitText(of.gracePeriodMs)} between the stop signal and SIGKILL is an assumption: what takes ` +
      `longer may be cut. Set gracePeriodMs, or GRACEFUL_GRACE_PERIOD_MS${set}, to what is given there.`
    );
  },
);

export const sidecarNotTold = sentence(
  {
    id: 'sidecar-not-told',
    level: 'warn',
    means:
      'A sidecar of the option `sidecars` did not take the request for its end: a Job does not complete while it runs.',
    toDo: 'See whether its endpoint is switched on, and its port; leave it out where there is no such sidecar.',
  },
  (of: { readonly sidecar: string; readonly url: string; readonly problem: string }) =>
    `The sidecar ${of.sidecar} was not ended: POST ${of.url}: ${of.problem}`,
);

export const busyNotPublished = sentence(
  {
    id: 'busy-not-published',
    level: 'warn',
    means: '`onBusy` threw or rejected. It is called again with the next change.',
    toDo: 'Look at what it does with the number; a pod that may not annotate itself lacks a Role.',
  },
  (problem: string) => `onBusy failed, and the number was not published: ${problem}`,
);

export const startedByPidOne = sentence(
  {
    id: 'started-by-pid-1',
    level: 'warn',
    means:
      'The stop signal goes to PID 1, which is a shell or a package manager and does not pass it on to Node.',
    toDo: 'Use the exec form, `CMD ["node", "dist/main.js"]`, or end the script with `exec node dist/main.js`.',
  },
  (of: { readonly program: string; readonly swallowsSignals: boolean }) => {
    const consequence = of.swallowsSignals
      ? 'which does not pass on the stop signal: the process is killed at the end of its grace period'
      : 'which may not pass on the stop signal: the process may be killed in the middle of its work';
    return (
      `PID 1 of this container is \`${of.program}\`, ${consequence}. Start node directly, ` +
      'CMD ["node", "dist/main.js"], or as the last line of a script: exec node dist/main.js'
    );
  },
);

export const startedByPackageManager = sentence(
  {
    id: 'started-by-package-manager',
    level: 'warn',
    means: 'A package manager gets the stop signal, and may end without passing it on.',
    toDo: 'Let the supervisor start `node dist/main.js`, without `npm start`.',
  },
  (program: string) =>
    `\`${program}\` has started this process, and may end at a stop signal without passing it on: the application then ` +
    'lives on and hears nothing. Have the supervisor start node itself: node dist/main.js',
);
