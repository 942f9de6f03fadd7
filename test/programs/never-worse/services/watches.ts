import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GrpcMethod, GrpcStreamMethod, Transport } from '@nestjs/microservices';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concat, interval, map, of, tap, timer, type Observable } from 'rxjs';
import type { GracefulOptions } from 'nestjs-graceful';
import { settings, tell, theModule } from '../pair.js';

const PROTO = `
syntax = "proto3";
package watches;
service Watches {
  rpc Watch(Nothing) returns (stream Nothing);
  rpc Report(Nothing) returns (stream Nothing);
  rpc Talk(stream Nothing) returns (stream Nothing);
}
message Nothing {}
`;

/** Longer than a quarter of the drain. */
const REPORT_MS = 1_500;

@Controller()
class Watches {
  @GrpcMethod('Watches', 'Watch')
  watch(): Observable<object> {
    return interval(20).pipe(map(() => ({})));
  }

  /** Begins at once, and is silent while it reckons. */
  @GrpcMethod('Watches', 'Report')
  report(): Observable<object> {
    return concat(of({}), timer(REPORT_MS).pipe(map(() => ({}))));
  }

  /** Answers each message. */
  @GrpcStreamMethod('Watches', 'Talk')
  talk(messages: Observable<object>): Observable<object> {
    return messages.pipe(tap(() => tell('heard')));
  }
}

const { grpc = {}, blockMs = 0 } = settings as {
  readonly grpc?: GracefulOptions;
  /** How long nothing else happens as the signal comes, as on a busy machine. */
  readonly blockMs?: number;
};
@Module({ imports: theModule({ gracePeriodMs: 3_000, ...grpc }), controllers: [Watches] })
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
if (blockMs > 0) {
  process.on('SIGTERM', () => {
    tell('stopping');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
  });
}
app.enableShutdownHooks();
await app.listen();
rmSync(folder, { recursive: true });
tell('listening', { port });
