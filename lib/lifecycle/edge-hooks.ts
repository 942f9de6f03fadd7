import { Injectable, Module, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';

/** Has the first of all init hooks and the last of all shutdown hooks, and tells the runtime of both. */
@Injectable()
export class EdgeHooks implements OnModuleInit, OnApplicationShutdown {
  onFirstInit?: () => Promise<void>;
  onLastShutdown?: () => Promise<void>;

  async onModuleInit(): Promise<void> {
    await this.onFirstInit?.();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.onLastShutdown?.();
  }
}

/** A module of its own, because Nest orders hooks by module. */
@Module({ providers: [EdgeHooks], exports: [EdgeHooks] })
export class EdgeHooksModule {}
