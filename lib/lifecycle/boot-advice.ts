import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { GracefulError } from '../errors/graceful.error.js';
import { speaksHttp2 } from '../http/connection-tracker.js';
import { keepAliveAdvice } from '../http/keep-alive.js';
import { runtimeAdvice } from '../http/runtime-advice.js';
import { hasShutdownHooks, isListenerOfNest, type Application } from '../nest/application.js';
import { closingOptionsAdvice, closingOptionsOf } from '../nest/closing-options.js';
import { httpServerOf } from '../nest/http-servers.js';
import * as lines from '../log/boot-lines.js';
import {
  graceAssumed,
  listenerClosesEarly,
  listenerEndsProcess,
  workerThread,
} from '../log/host-lines.js';
import type { Line } from '../log/line.js';
import { Log } from '../log/log.js';
import { GRPC_METHODS } from '../tokens.js';
import { PLATFORM_PRESETS } from '../options/platform.js';
import { pm2Advice } from '../options/pm2.js';
import { closingListener, endingListener } from '../process/ending-listeners.js';
import { packageManagerWarning } from '../process/package-manager.js';
import { pidOneWarning } from '../process/pid-one.js';
import type { SignalListener } from '../process/process-port.js';
import { runtimeName } from '../process/runtime.js';
import type { ShutdownPlan } from '../report/plan.js';
import { Setting } from './setting.js';

/** Who else listens to the signals that stop the application. */
export type OtherListeners = ReadonlyMap<NodeJS.Signals, readonly SignalListener[]>;

/** Says later what of the options no gRPC server answers: when they listen. */
interface GrpcAdvice {
  whenServersListen(say: (line: Line) => void): void;
}

/** Says at boot, once, what is set up in a way that will hurt at the end, and what to do. */
@Injectable()
export class BootAdvice {
  private readonly named = new WeakSet<SignalListener>();

  constructor(
    private readonly setting: Setting,
    private readonly log: Log,
    private readonly adapterHost: HttpAdapterHost,
    @Inject(GRPC_METHODS) private readonly grpcMethods: GrpcAdvice,
  ) {}

  /** Names listeners that end the process, each once. To be called before the application listens, and again after. */
  nameListeners(others: OtherListeners): void {
    const found = [...withoutNest(others)].filter(([listener]) => !this.named.has(listener));
    for (const [listener] of found) this.named.add(listener);
    this.sayAll(listenersThatEnd(found, this.setting.options.gracePeriodMs));
  }

  /** The application is ready to serve. */
  ready(others: OtherListeners, plan: () => ShutdownPlan): void {
    const { options, port } = this.setting;
    this.log.say(port.mainThread ? lines.ready(options) : workerThread());
    this.nameListeners(others);
    if (options.logPlan) this.log.say(lines.shutdownPlan(plan()));
  }

  /**
   * A mistake that is found by the first hooks comes up through main.ts, as a stack of this package; those of the options
   * are said by Nest. Nothing of it is buffered: the process ends next.
   */
  refused(error: unknown): void {
    if (!(error instanceof GracefulError)) return;
    this.log.say(lines.bootRefused(error));
    this.log.flush();
  }

  /** To be called when the application listens, after what main.ts does then. */
  give(application: Application | undefined, others: OtherListeners): void {
    this.nameListeners(others);
    this.sayAll(this.all(application, others));
    this.grpcMethods.whenServersListen((line) => this.log.say(line));
  }

  private sayAll(found: readonly Line[]): void {
    for (const line of found) this.log.say(line);
  }

  /** Not to a person at a terminal, who waits for the end, nor in tests, which nobody kills. */
  private assumed(): Line[] {
    const { options, port, graceIsAssumed } = this.setting;
    const isRun = options.exitProcess && port.mainThread && port.env['NODE_ENV'] !== 'test';
    if (!isRun || port.interactive || !graceIsAssumed) return [];
    const { platform, gracePeriodMs } = options;
    const variable = PLATFORM_PRESETS[platform].graceIn?.variable;
    return [graceAssumed({ platform, gracePeriodMs, variable })];
  }

  private all(application: Application | undefined, others: OtherListeners): Line[] {
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
      ...(forgotten && !ownListeners ? [lines.hooksNotEnabled()] : []),
      ...(pm2 ? [pm2] : []),
      ...this.assumed(),
      ...(starter ? [starter] : []),
      ...closing,
      ...(runtime ? [runtime] : []),
      ...(keepAlive ? [keepAlive] : []),
    ];
  }
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
): Line[] {
  return listeners.flatMap(([listener, signals]) => {
    const ending = endingListener(listener);
    if (!ending) {
      const excerpt = closingListener(listener);
      return excerpt === undefined ? [] : [listenerClosesEarly({ signals, excerpt })];
    }
    const { excerpt, forcedAfterMs } = ending;
    const afterMs = forcedAfterMs.length > 0 ? Math.min(...forcedAfterMs) : undefined;
    if (afterMs !== undefined && afterMs >= gracePeriodMs) return [];
    return [listenerEndsProcess({ signals, excerpt, afterMs })];
  });
}
