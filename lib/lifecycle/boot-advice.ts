import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { speaksHttp2 } from '../http/connection-tracker.js';
import { keepAliveAdvice, type Advice } from '../http/keep-alive.js';
import { runtimeAdvice } from '../http/runtime-advice.js';
import { hasShutdownHooks, isListenerOfNest, type Application } from '../nest/application.js';
import { closingOptionsAdvice, closingOptionsOf } from '../nest/closing-options.js';
import { httpServerOf } from '../nest/http-servers.js';
import { GRPC_METHODS } from '../tokens.js';
import { pm2Advice } from '../options/pm2.js';
import { endingListener } from '../process/ending-listeners.js';
import { packageManagerWarning } from '../process/package-manager.js';
import { pidOneWarning } from '../process/pid-one.js';
import type { SignalListener } from '../process/process-port.js';
import { runtimeName } from '../process/runtime.js';
import type { ShutdownPlan } from '../report/plan.js';
import { Setting } from './setting.js';
import { ShutdownLog } from './shutdown-log.js';

const HOOKS_FORGOTTEN =
  'app.enableShutdownHooks() was not called. Signals are handled all the same; add `app.enableShutdownHooks();` ' +
  'after NestFactory.create() in main.ts so that they are without this module, too.';

/** Who else listens to the signals that stop the application. */
export type OtherListeners = ReadonlyMap<NodeJS.Signals, readonly SignalListener[]>;

/** Says later what of the options no gRPC server answers: when they listen. */
interface GrpcAdvice {
  whenServersListen(warn: (text: string) => void): void;
}

/** Says at boot, once, what is set up in a way that will hurt at the end, and what to do. */
@Injectable()
export class BootAdvice {
  private readonly logger = new Logger('Graceful');
  private readonly named = new WeakSet<SignalListener>();

  constructor(
    private readonly setting: Setting,
    private readonly log: ShutdownLog,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(GRPC_METHODS) private readonly grpcMethods: GrpcAdvice,
  ) {}

  /** Names listeners that end the process, each once. To be called before the application listens, and again after. */
  nameListeners(others: OtherListeners): void {
    const found = [...withoutNest(others)].filter(([listener]) => !this.named.has(listener));
    for (const [listener] of found) this.named.add(listener);
    for (const text of listenersThatEnd(found, this.setting.options.gracePeriodMs))
      this.logger.warn(text);
  }

  /** The application is ready to serve. */
  ready(others: OtherListeners, plan: () => ShutdownPlan): void {
    const { options, port } = this.setting;
    if (port.mainThread) this.log.ready(options);
    else this.log.workerThread();
    this.nameListeners(others);
    if (options.logPlan) this.log.plan(plan());
  }

  /** To be called when the application listens, after what main.ts does then. */
  give(application: Application | undefined, others: OtherListeners): void {
    this.nameListeners(others);
    for (const { level, text } of this.all(application, others)) this.logger[level](text);
    this.grpcMethods.whenServersListen((text) => this.logger.warn(text));
  }

  private all(application: Application | undefined, others: OtherListeners): Advice[] {
    const { options, port } = this.setting;
    const adapter = this.adapterHost.httpAdapter;
    const server = httpServerOf(adapter);
    const starter = options.exitProcess
      ? (pidOneWarning(port.pid) ?? packageManagerWarning(port.pid, port.interactive))
      : undefined;
    const keepAlive =
      server &&
      keepAliveAdvice({
        keepAliveTimeoutMs: server.keepAliveTimeout ?? 0, // HTTP/2 has none
        platform: options.platform,
        adapter: adapter?.getType() === 'fastify' ? 'fastify' : 'express',
      });
    const runtime =
      server && !speaksHttp2(server) && runtimeAdvice(server, runtimeName(process.versions));
    const closing = application ? closingOptionsAdvice(closingOptionsOf(application, adapter)) : [];
    const { gracePeriodMs, exitProcess } = options;
    const ownListeners = withoutNest(others).size > 0;
    const forgotten = application && !hasShutdownHooks(application) && port.mainThread;
    const pm2 = exitProcess ? pm2Advice(port.env, gracePeriodMs) : undefined;
    return [
      ...(forgotten && !ownListeners ? [{ level: 'log' as const, text: HOOKS_FORGOTTEN }] : []),
      ...(pm2 === undefined ? [] : [warning(pm2)]),
      ...(starter === undefined ? [] : [warning(starter)]),
      ...closing.map(warning),
      ...(runtime ? [warning(runtime)] : []),
      ...(keepAlive ? [keepAlive] : []),
    ];
  }
}

function warning(text: string): Advice {
  return { level: 'warn', text };
}

/** Each listener that is neither ours nor Nest's, with all its signals. */
function withoutNest(others: OtherListeners): Map<SignalListener, NodeJS.Signals[]> {
  const found = new Map<SignalListener, NodeJS.Signals[]>();
  for (const [signal, listeners] of others) {
    for (const listener of listeners) {
      if (isListenerOfNest(listener)) continue;
      found.set(listener, [...(found.get(listener) ?? []), signal]);
    }
  }
  return found;
}

/** Other listeners can't be hindered, so they are named before they do harm. */
function listenersThatEnd(
  listeners: ReadonlyArray<readonly [SignalListener, readonly NodeJS.Signals[]]>,
  gracePeriodMs: number,
): string[] {
  return listeners.flatMap(([listener, signals]) => {
    const ending = endingListener(listener);
    if (!ending) return [];
    const { excerpt, forcedAfterMs } = ending;
    const isLimit = forcedAfterMs.length > 0;
    if (isLimit && Math.min(...forcedAfterMs) >= gracePeriodMs) return [];
    const when = isLimit
      ? `${Math.min(...forcedAfterMs)} ms after it`
      : 'before the shutdown is over';
    return (
      `Another listener for ${signals.join(', ')} calls process.exit() ${when}, and cuts what is in flight then: ` +
      `${excerpt}. Remove it, and move what it does to a provider's @OnFlush() or onApplicationShutdown(): ` +
      'the module ends the process.'
    );
  });
}
