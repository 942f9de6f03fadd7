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
import { Lifecycle } from './lifecycle.js';

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
  constructor(
    private readonly boot: Boot,
    private readonly lifecycle: Lifecycle,
    edges: EdgeHooks,
    planner: Planner,
  ) {
    planner.leaveOut(this, edges);
    planner.connections.leaveOut(this, edges, boot);
    edges.observe({
      firstInit: () => boot.beforeInit(),
      lastShutdown: () => lifecycle.nestClose.lastHook(),
    });
  }

  onModuleInit(): void {
    this.boot.afterInit();
  }

  onApplicationBootstrap(): void {
    this.boot.bootstrapped();
  }

  /** Nest's teardown waits here until nothing is in flight any more. */
  onModuleDestroy(): Promise<void> {
    return this.lifecycle.nestClose.firstHook();
  }

  /** Nest has closed its servers, gateways and clients. */
  onApplicationShutdown(): void {
    this.lifecycle.nestClose.disposed();
  }
}
