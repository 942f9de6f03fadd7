import { Injectable } from '@nestjs/common';
import type { BusyCounts } from '../engine/busy-counts.js';
import { Log } from '../log/log.js';
import { busyNotPublished } from '../log/host-lines.js';
import { SourceStatus } from '../sources/source-status.js';
import type { TimerHandle } from '../time/clock.js';
import { Life } from './life.js';
import { Setting } from './setting.js';

/** Publishes what is in flight, where somebody wants to know: so that the busiest replica is ended last. */
@Injectable()
export class Busy {
  private timer?: TimerHandle;
  private last = '';
  private calling = false;

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly sources: SourceStatus,
    private readonly log: Log,
  ) {
    if (!setting.options.enabled || !setting.options.onBusy) return;
    life.onInit(() => this.begin());
    life.untilReleased(() => this.end());
  }

  private begin(): void {
    if (this.timer !== undefined) return;
    this.look();
  }

  /** The timer keeps no process alive that has nothing else to do. */
  private look(): void {
    const { clock, options } = this.setting;
    void this.publish();
    this.timer = clock.setTimeout(() => this.look(), options.busyIntervalMs);
    (this.timer as { unref?: () => void }).unref?.();
  }

  private end(): void {
    if (this.timer !== undefined) this.setting.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Not again while the last call is under way: the order of two could change. */
  private async publish(): Promise<void> {
    if (this.calling || this.life.begun) return;
    const counts = this.counts();
    const text = JSON.stringify(counts);
    if (text === this.last) return;
    this.calling = true;
    try {
      await this.setting.options.onBusy?.(counts);
      this.last = text;
    } catch (error) {
      this.log.say(busyNotPublished(error instanceof Error ? error.message : String(error)));
    } finally {
      this.calling = false;
    }
  }

  private counts(): BusyCounts {
    const sources: Record<string, number> = {};
    for (const { source, count } of this.sources.progress()) {
      sources[source] = (sources[source] ?? 0) + count;
    }
    const total = Object.values(sources).reduce((sum, count) => sum + count, 0);
    return { total, sources };
  }
}
