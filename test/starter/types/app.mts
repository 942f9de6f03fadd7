// Compiled only, by the oldest and the newest TypeScript, without Terminus and without `skipLibCheck`.
import { Injectable, Module } from '@nestjs/common';
import {
  Graceful,
  GracefulModule,
  OnFlush,
  ReadinessCheck,
  Tracked,
  type GracefulOptions,
  type ShutdownContext,
  type ShutdownReport,
} from 'nestjs-graceful';
import { integrationContract } from 'nestjs-graceful/testing';

const options: GracefulOptions = { gracePeriodMs: 20_000 };
// @ts-expect-error -- the types are there, and no `any`
const wrong: GracefulOptions = { gracePeriodMs: 'soon' };

@Injectable()
export class Orders {
  constructor(private readonly graceful: Graceful) {}

  @OnFlush({ timeoutMs: 1_000 })
  flush({ signal, remainingMs }: ShutdownContext): void {
    if (!signal.aborted && remainingMs > 0) void this.graceful.track(Promise.resolve());
  }

  @Tracked()
  async sync(): Promise<void> {
    using _hold = this.graceful.hold('sync');
    await Promise.resolve();
  }

  @ReadinessCheck()
  ready() {
    return { orders: { status: 'up' as const } };
  }
}

export const last: (graceful: Graceful) => ShutdownReport | undefined = ({ report }) => report;
export const kit = [integrationContract, wrong];

@Module({ imports: [GracefulModule.forRoot(options)], providers: [Orders] })
export class AppModule {}
