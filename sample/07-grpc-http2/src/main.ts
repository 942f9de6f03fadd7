import type { Server } from '@grpc/grpc-js';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport, type GrpcOptions } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { HealthImplementation } from 'grpc-health-check';
import { fileURLToPath } from 'node:url';
import { AppModule } from './app.module.js';
import { PlainAppModule } from './plain-app.module.js';

// For the comparison only: an app has one of the two.
const module = process.env.GRACEFUL === 'off' ? PlainAppModule : AppModule;
const adapter = new FastifyAdapter({ http2: true });
const app = await NestFactory.create(module, adapter);

const health = new HealthImplementation({ '': 'SERVING' });
app.connectMicroservice<GrpcOptions>({
  transport: Transport.GRPC,
  options: {
    url: process.env.GRPC_URL ?? '127.0.0.1:50051',
    package: 'tracking',
    protoPath: fileURLToPath(new URL('../proto/tracking.proto', import.meta.url)),
    onLoadPackageDefinition: (_definition, server: Server) => health.addToServer(server),
  },
});

app.enableShutdownHooks();
await app.init(); // before the first call comes, and `listen()` is too late for that
await app.startAllMicroservices();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
new Logger('Main').log(`listening on ${await app.getUrl()}`);
