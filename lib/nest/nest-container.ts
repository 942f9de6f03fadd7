import { Injectable, type Type } from '@nestjs/common';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { observeApplication, type ApplicationObserver } from './application.js';
import { placeFirst, placeLast } from './hook-position.js';
import { Gateways } from './gateways.js';
import { infrastructureOf } from './infrastructure.js';
import { onLazyModule } from './lazy-modules.js';
import { isBeingCreated, observeLife, type LifeObserver } from './life-signs.js';
import { ProviderGraph } from './provider-graph.js';
import { onRpcServer } from './rpc-servers.js';
import { registrationsOf, type Registrations } from './module-registrations.js';
import { endsStreamsItself } from './stream-owners.js';
import { failTerminusChecks, hasTerminus, removeTerminusDelay } from './terminus.js';

/** Nest's container, as far as this package reaches into it. Everything undocumented is behind this class. */
@Injectable()
export class NestContainer {
  readonly gateways: Gateways;
  private built?: { readonly size: number; readonly graph: ProviderGraph };

  constructor(
    private readonly modules: ModulesContainer,
    private readonly config: ApplicationConfig,
  ) {
    this.gateways = new Gateways(modules, config);
  }

  /** With a slash before it; empty when there is none. */
  get globalPrefix(): string {
    const prefix = this.config.getGlobalPrefix();
    return prefix === '' || prefix.startsWith('/') ? prefix : `/${prefix}`;
  }

  placeFirst(module: Type): void {
    placeFirst(this.modules, module);
  }

  placeLast(module: Type): void {
    placeLast(this.modules, module);
  }

  registrationsOf(isWanted: (metatype: unknown) => boolean): Registrations {
    return registrationsOf(this.modules, isWanted);
  }

  /** The classes of all modules; none of them need have an instance yet. */
  moduleClasses(): Type[] {
    return [...this.modules.values()].map(({ metatype }) => metatype);
  }

  observeApplication(observer: ApplicationObserver): void {
    observeApplication(this.modules, observer);
  }

  observeLife(observer: LifeObserver): void {
    observeLife(this.modules, observer);
  }

  /** Whether its providers are being made now. */
  get isBeingCreated(): boolean {
    return isBeingCreated(this.modules);
  }

  failTerminusChecks(fail = true): void {
    failTerminusChecks(this.modules, fail);
  }

  /** Whether Terminus is there, whose routes are told of a shutdown. */
  get hasTerminus(): boolean {
    return hasTerminus(this.modules);
  }

  removeTerminusDelay(): number {
    return removeTerminusDelay(this.modules);
  }

  endsStreamsItself(): boolean {
    return endsStreamsItself(this.modules);
  }

  /** Who depends on whom, as of now. Built anew only when the container has grown. */
  graph(): ProviderGraph {
    const size = [...this.modules.values()].reduce(
      (sum, { providers, controllers, injectables, middlewares }) =>
        sum + providers.size + controllers.size + injectables.size + middlewares.size,
      this.modules.size,
    );
    if (this.built?.size !== size) this.built = { size, graph: new ProviderGraph(this.modules) };
    return this.built.graph;
  }

  /** Nest's own objects that are or know the container. */
  infrastructure(): Set<object> {
    return infrastructureOf(this.modules);
  }

  /** What `app.useGlobalInterceptors()`, `useWebSocketAdapter()` and the like were given. */
  get configuration(): { readonly object: object; readonly name: string } {
    return { object: this.config, name: 'ApplicationConfig' };
  }

  /** Calls back with each server of a microservice, those that are there and those that come. */
  onRpcServer(callback: (server: object) => void): void {
    onRpcServer(this.modules, callback);
  }

  onLazyModule(observer: () => void): void {
    onLazyModule(this.modules, observer);
  }
}
