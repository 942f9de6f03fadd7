/** No server; what works is made by an init hook. */
import 'reflect-metadata';
import { Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GracefulModule } from 'nestjs-graceful';

@Injectable()
class Consumer implements OnModuleInit {
  onModuleInit(): void {
    Object.assign(this, { onApplicationShutdown: () => undefined });
    console.log('an init hook was run');
  }
}

@Module({
  imports: [GracefulModule.forRoot({ platform: 'nomad', probes: { port: 0 } })],
  providers: [Consumer],
})
class AppModule {}

await NestFactory.createApplicationContext(AppModule);
setInterval(() => undefined, 1_000);
