import {
  Injectable,
  Module,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Planner } from '../plan/planner.js';
import { Boot } from './boot.js';
import { Inert } from './inert.js';
import { Lifecycle } from './lifecycle.js';
import type { NestClose } from './nest-close.js';
import { Setting } from './setting.js';

/** What is told of the first of all init hooks and the last of all shutdown hooks. */
interface EdgeObserver {
  firstInit(): Promise<void>;
  lastShutdown(): Promise<void>;
}

/** Has the first of all init hooks and the last of all shutdown hooks. */
@Injectable()
export class EdgeHooks implements OnModuleInit, OnApplicationShutdown {
  private observer?: EdgeObserver;

  observe(observer: EdgeObserver): void {
    this.observer = observer;
  }

  async onModuleInit(): Promise<void> {
    await this.observer?.firstInit();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.observer?.lastShutdown();
  }
}

/** A module of its own, because Nest orders hooks by module. */
@Module({ providers: [EdgeHooks], exports: [EdgeHooks] })
export class EdgeHooksModule {}

/** The hooks that Nest calls of this package's own module: the last at its start, and the first at its end. */
@Injectable()
export class InnerHooks
  implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy, OnApplicationShutdown
{
  private readonly up: Boot | Inert;
  private readonly down: NestClose | Inert;

  constructor(
    boot: Boot,
    lifecycle: Lifecycle,
    inert: Inert,
    { options }: Setting,
    edges: EdgeHooks,
    planner: Planner,
  ) {
    planner.leaveOut(this, edges);
    planner.connections.leaveOut(this, edges, boot);
    if (!options.enabled) inert.follow();
    this.up = options.enabled ? boot : inert;
    this.down = options.enabled ? lifecycle.nestClose : inert;
    edges.observe({
      firstInit: () => this.up.beforeInit(),
      lastShutdown: () => this.down.lastHook(),
    });
  }

  onModuleInit(): void {
    this.up.afterInit();
  }

  onApplicationBootstrap(): void {
    this.up.bootstrapped();
  }

  /** Nest's teardown waits here until nothing is in flight any more. */
  onModuleDestroy(): Promise<void> {
    return this.down.firstHook();
  }

  /** Nest has closed its servers, gateways and clients. */
  onApplicationShutdown(): void {
    this.down.disposed();
  }
}
