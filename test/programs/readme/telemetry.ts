import { Injectable } from '@nestjs/common';
import { OnFlush, type ShutdownContext } from 'nestjs-graceful';

@Injectable()
export class Telemetry {
  @OnFlush({ timeoutMs: 2_000 })
  async push(shutdown: ShutdownContext) {
    await fetch('http://collector/v1/metrics', { method: 'POST', signal: shutdown.signal });
    console.log(`metrics are out, ${Math.round(shutdown.remainingMs)} ms to spare`);
  }
}
