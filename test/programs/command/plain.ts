/** An application that has never heard of this package: its port is written in its code. */
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, Param, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';

@Injectable()
class Store implements OnModuleDestroy {
  private isOpen = true;
  onModuleDestroy(): void {
    this.isOpen = false;
  }
  async read(ms: number): Promise<string> {
    await sleep(ms);
    if (!this.isOpen) throw new Error('the store is closed');
    return 'x'.repeat(2_000);
  }
}

@Controller('items')
class Items {
  constructor(private readonly store: Store) {}
  @Get()
  list(): Promise<string> {
    return this.store.read(20);
  }
  @Get(':id')
  one(@Param('id') id: string): string {
    return id;
  }
}

@Module({ controllers: [Items], providers: [Store] })
class AppModule {}

const app = await NestFactory.create(AppModule);
app.setGlobalPrefix('api');
app.enableShutdownHooks();
await app.listen(3000);
