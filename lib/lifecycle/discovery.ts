import { Injectable } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { MarkedMethodExplorer } from '../decorators/marked-method.explorer.js';
import { UnprovidedMarks } from '../decorators/unprovided-marks.js';
import { ProbeSetup } from '../health/probe-setup.js';
import { describeServer } from '../http/describe-server.js';
import { HttpSource } from '../http/http-source.js';
import { NestContainer } from '../nest/nest-container.js';
import { describeRpcServer } from '../nest/rpc-servers.js';
import type { FoundParts } from '../plan/plan-facts.js';
import { Sources } from '../sources/sources.js';
import { WarmUp } from '../warm-up/warm-up.js';
import { WorkSignals } from './work-signals.js';

/** Finds what the application has that works, and that answers for its health. */
@Injectable()
export class Discovery {
  private isDone = false;
  private readonly rpcServers: object[] = [];

  constructor(
    private readonly sources: Sources,
    private readonly probes: ProbeSetup,
    private readonly explorer: MarkedMethodExplorer,
    private readonly http: HttpSource,
    private readonly signals: WorkSignals,
    private readonly unprovided: UnprovidedMarks,
    private readonly warmUp: WarmUp,
    private readonly nest: NestContainer,
  ) {
    nest.onRpcServer((server) => void this.rpcServers.push(server));
  }

  /** What may have work before everything is initialised. To be called when all providers are there. */
  early(): void {
    this.sources.discoverEarly();
  }

  /** Everything, once. To be called when all providers are initialised, or will not be. */
  all(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.unprovided.note();
    this.sources.discover();
    this.signals.check();
    this.probes.discover(this.explorer);
    this.warmUp.discover(this.explorer);
  }

  /** Names what is decorated in vain. Not where a module may be loaded later that has it. To be called once it listens. */
  nameUnprovided(): void {
    if (!this.nest.graph().isInjected(LazyModuleLoader)) this.unprovided.name();
  }

  /** What the application has made since then, in its bootstrap. */
  again(): void {
    this.sources.looks.take();
  }

  /** What was found until now. */
  found(): FoundParts {
    const warmUp = this.warmUp.planned;
    return {
      ...(warmUp && { warmUp }),
      checks: this.probes.checks,
      servers: this.http.serversNow().map(describeServer),
      transports: this.rpcServers.map(describeRpcServer),
      sources: this.sources.found.map(({ source: { name, kind }, integration }) => ({
        name,
        kind,
        integration,
      })),
    };
  }
}
