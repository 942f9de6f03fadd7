/**
 * An application with the module, whose reads need a store that is closed in `onModuleDestroy`. Told to be `impatient` it
 * also has a listener as they are found in many applications.
 */
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { setTimeout as sleep } from 'node:timers/promises';
import { GracefulModule } from 'nestjs-graceful';

@Injectable()
class Store implements OnModuleDestroy {
  private isOpen = true;
  onModuleDestroy(): void {
    this.isOpen = false;
  }
  async read(): Promise<string> {
    await sleep(20);
    if (!this.isOpen) throw new Error('the store is closed');
    return 'read';
  }
}

@Controller('items')
class Items {
  constructor(private readonly store: Store) {}
  @Get()
  list(): Promise<string> {
    return this.store.read();
  }
}

@Module({ imports: [GracefulModule.forRoot()], controllers: [Items], providers: [Store] })
class AppModule {}

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
if (process.argv[2] === 'impatient') process.on('SIGTERM', () => process.exit(0));
await app.listen(3000);
