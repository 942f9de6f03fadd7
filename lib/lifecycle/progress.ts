import { Injectable } from '@nestjs/common';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ShutdownReason } from '../engine/reason.js';
import { phasesOf } from '../options/phases.js';
import { SourceStatus } from '../sources/source-status.js';
import type { TimerHandle } from '../time/clock.js';
import { Life } from './life.js';
import { Setting } from './setting.js';
import type { ShutdownProgress } from './shutdown-progress.js';
import type { AskMessage, ProgressMessage } from './state-events.js';

/** How often the channel is told, in milliseconds. */
const EACH_MS = 1_000;

const ASK = 'nestjs-graceful:ask';

const progressChannel = channel('nestjs-graceful:progress');

/** Tells how far a shutdown is: when it is asked, and through a channel. */
@Injectable()
export class Progress {
  private timer?: TimerHandle;

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly sources: SourceStatus,
  ) {
    life.events.onPhase(({ report }) => {
      if (!report) this.tell();
    });
    life.untilReleased(() => this.stop());
    life.onInit(() => this.listen());
  }

  /** Does not keep an application that is thrown away without being closed. */
  private listen(): void {
    const it = new WeakRef<Progress>(this);
    const asked = (message: unknown) => {
      const there = it.deref();
      if (there) there.answer(message as AskMessage);
      else unsubscribe(ASK, asked);
    };
    subscribe(ASK, asked);
    this.life.untilReleased(() => void unsubscribe(ASK, asked));
  }

  /** In the same turn; a source that fails when it is asked must not end the process. */
  private answer(message: AskMessage): void {
    try {
      const { options } = this.setting;
      message.answer({
        progress: this.now,
        sources: this.sources.names(),
        phases: phasesOf(options).map(({ name }) => name),
        gracePeriodMs: options.gracePeriodMs,
      });
    } catch {
      // not answered
    }
  }

  get now(): ShutdownProgress {
    const { begun, events } = this.life;
    const now = this.setting.clock.now();
    return {
      state: events.state,
      ...(begun && { reason: begun.reason }),
      phases: [...events.phases].map(([name, deadline]) => ({ name, deadline })),
      elapsedMs: begun ? Math.round(now - begun.at) : 0,
      ...(begun && { remainingMs: this.remainingMs(begun.reason, begun.at, now) }),
      inFlight: this.sources.progress(),
    };
  }

  private remainingMs(reason: ShutdownReason, startedAt: number, now: number): number {
    return Math.max(0, Math.round(startedAt + this.setting.budgetFor(reason) - now));
  }

  /** Costs nothing unless somebody listens. */
  private tell(): void {
    this.stop();
    if (!progressChannel.hasSubscribers) return;
    progressChannel.publish({ progress: this.now } satisfies ProgressMessage);
    this.timer = this.setting.clock.setTimeout(() => this.tell(), EACH_MS);
  }

  private stop(): void {
    if (this.timer !== undefined) this.setting.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }
}
