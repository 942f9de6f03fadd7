import { Injectable } from '@nestjs/common';
import { ProbeSetup } from '../health/probe-setup.js';
import { HttpSource } from '../http/http-source.js';
import { deferred } from '../time/waits.js';
import { WarmUp } from '../warm-up/warm-up.js';
import { BootAdvice } from './boot-advice.js';
import { Bootstrap } from './bootstrap.js';
import { Discovery } from './discovery.js';
import { Life } from './life.js';
import { Lifecycle } from './lifecycle.js';

/**
 * The last steps on the way up:
 *
 * ```
 * ready       bootstrap is over: the limits of the shutdown are said
 * listening   what is set up in a way that will hurt is said; the warm-up runs, if there is one
 * open        readiness is up, and who has started this process is told
 * ```
 */
@Injectable()
export class Opening {
  private isReady = false;
  private isWarming = false;

  constructor(
    private readonly life: Life,
    private readonly bootstrap: Bootstrap,
    private readonly http: HttpSource,
    private readonly probes: ProbeSetup,
    private readonly warmUp: WarmUp,
    private readonly advice: BootAdvice,
    private readonly lifecycle: Lifecycle,
    private readonly discovery: Discovery,
  ) {
    life.onBegin(() => warmUp.stop());
  }

  /** A mistake that the first hooks have found. */
  refused(error: unknown): void {
    this.advice.refused(error);
  }

  ready(): void {
    const isFirst = !this.isReady;
    this.isReady = true;
    if (isFirst) this.begin();
    else if (!this.isWarming) this.life.serve();
  }

  private begin(): void {
    const { advice, http, lifecycle, life } = this;
    const others = () => lifecycle.ties.others();
    const listening = deferred<ReturnType<HttpSource['listeningServer']>>();
    const warm = this.warm(listening.promise);
    if (!this.isWarming) life.serve();
    advice.ready(others(), () => lifecycle.plan());
    http.whenListening(() => {
      advice.give(this.bootstrap.application, others());
      this.discovery.nameUnprovided();
      listening.resolve(http.listeningServer());
      void warm.then(() => {
        if (!life.begun) lifecycle.ties.ready();
      });
    });
  }

  /** Readiness opens when all is warm, or the time for it is over, or there is nothing to warm. */
  private async warm(listening: Promise<ReturnType<HttpSource['listeningServer']>>): Promise<void> {
    const { life, probes, warmUp } = this;
    if (!warmUp.isWanted) return;
    this.isWarming = true;
    probes.warmingUp();
    this.lifecycle.ties.warmingUp(warmUp.planned?.timeoutMs ?? 0);
    await warmUp.run(listening);
    this.isWarming = false;
    if (life.begun) return;
    probes.warm();
    life.serve();
  }
}
