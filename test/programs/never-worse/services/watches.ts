import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, Transport } from '@nestjs/microservices';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interval, map, type Observable } from 'rxjs';
import { settings, tell, theModule } from '../pair.js';

const PROTO = `
syntax = "proto3";
package watches;
service Watches { rpc Watch(Nothing) returns (stream Nothing); }
message Nothing {}
`;

@Controller()
class Watches {
  @GrpcMethod('Watches', 'Watch')
  watch(): Observable<object> {
    return interval(20).pipe(map(() => ({})));
  }
}

@Module({ imports: theModule({ gracePeriodMs: 3_000 }), controllers: [Watches] })
class App {}

const port = String(settings['port']);
const folder = mkdtempSync(join(tmpdir(), 'watches-'));
const protoPath = join(folder, 'watches.proto');
writeFileSync(protoPath, PROTO);
const app = await NestFactory.createMicroservice(App, {
  transport: Transport.GRPC,
  options: { url: `127.0.0.1:${port}`, package: 'watches', protoPath },
  logger: ['warn', 'error', 'log'],
});
app.enableShutdownHooks();
await app.listen();
rmSync(folder, { recursive: true });
tell('listening', { port });
