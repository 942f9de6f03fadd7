import { Injectable } from '@nestjs/common';
import { MarkedMethodExplorer } from '../decorators/marked-method.explorer.js';
import { shutdownMark } from '../decorators/shutdown.decorators.js';
import type { ShutdownReason } from '../engine/reason.js';
import type { ShutdownReport } from '../engine/record.js';
import type { ShutdownContext } from '../engine/task.js';
import { ProbeSetup } from '../health/probe-setup.js';
import { HttpSource } from '../http/http-source.js';
import { switchedOff } from '../log/boot-lines.js';
import { Log } from '../log/log.js';
import { closeFailed, methodFailed } from '../log/shutdown-lines.js';
import type { Application } from '../nest/application.js';
import { NestContainer } from '../nest/nest-container.js';
import { createReport } from '../report/create-report.js';
import { deferred } from '../time/waits.js';
import { WarmUp } from '../warm-up/warm-up.js';
import { Life } from './life.js';
import { Setting } from './setting.js';

/**
 * An application whose module is switched off: the shutdown is Nest's own. Probes are answered, and decorated methods are
 * called where Nest calls hooks: those of the phase `close` with the last `onApplicationShutdown`, all others with the
 * first `onModuleDestroy`.
 */
@Injectable()
export class Inert {
  private application?: Application;
  private reason: ShutdownReason = { kind: 'close' };

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly nest: NestContainer,
    private readonly http: HttpSource,
    private readonly probes: ProbeSetup,
    private readonly explorer: MarkedMethodExplorer,
    private readonly log: Log,
    private readonly warmUp: WarmUp,
  ) {}

  /** Whether the module is switched off. */
  get isInCharge(): boolean {
    return !this.setting.options.enabled;
  }

  /** Follows the application as far as `stop()` needs it. */
  follow(): void {
    this.nest.observeApplication({
      initStarting: (application) => void (this.application ??= application),
      initFailed: () => this.release(),
    });
  }

  beforeInit(): Promise<void> {
    return this.probes.open();
  }

  afterInit(): void {
    this.probes.discover(this.explorer);
    this.warmUp.discover(this.explorer);
  }

  bootstrapped(): void {
    this.http.answerProbes(() => this.probes.interceptor());
    this.probes.bootstrapped();
    this.log.say(switchedOff());
    void this.open();
  }

  /** The first of all `onModuleDestroy`. */
  async firstHook(): Promise<void> {
    if (this.life.begun) return; // core 11 runs the hooks again for a signal during close()
    this.warmUp.stop();
    this.life.begin(this.reason, this.setting.clock.now());
    this.life.tell(this.reason);
    this.life.drain();
    await this.callMarked((phase) => phase !== 'close');
  }

  /** Nest has closed its servers, which is its own business. */
  disposed(): void {}

  /** The last of all `onApplicationShutdown`. */
  async lastHook(): Promise<void> {
    this.life.close();
    await this.callMarked((phase) => phase === 'close');
    await this.release();
  }

  /** What `Graceful.shutdown()` does: closes the application, and ends the process if that is wanted. */
  async stop(detail: string, exitCode?: number): Promise<ShutdownReport> {
    const { clock, options, port } = this.setting;
    const startedAt = clock.now();
    this.reason = { kind: 'request', detail };
    let outcome: 'clean' | 'forced' = 'clean';
    try {
      await this.application?.close();
    } catch (error) {
      outcome = 'forced';
      this.log.say(closeFailed(error));
    }
    const usual = outcome === 'clean' ? options.exitCodeClean : options.exitCodeForced;
    if (options.exitProcess) port.exit(exitCode ?? usual);
    const durationMs = clock.now() - startedAt;
    const { reason } = this;
    return createReport(
      { version: 2, reason, startedAt, durationMs, outcome, phases: [], unfinished: [] },
      {},
    );
  }

  private async open(): Promise<void> {
    const { http, life, probes, warmUp } = this;
    if (warmUp.isWanted) {
      probes.warmingUp();
      const listening = deferred<ReturnType<HttpSource['listeningServer']>>();
      http.whenListening(() => listening.resolve(http.listeningServer()));
      await warmUp.run(listening.promise);
      probes.warm();
    }
    if (!life.begun) life.serve();
  }

  private async release(): Promise<void> {
    this.life.release();
    await this.probes.close();
  }

  private async callMarked(isWanted: (phase: string) => boolean): Promise<void> {
    const methods = this.explorer.explore(shutdownMark).filter(({ mark }) => isWanted(mark.phase));
    await Promise.all(
      methods.map(async ({ mark, place, call }) => {
        try {
          await call(this.contextOf(mark.phase, mark.timeoutMs));
        } catch (error) {
          this.log.say(methodFailed(mark.name ?? place, error));
        }
      }),
    );
  }

  /** Its time is told, and not enforced: Nest's own shutdown has no limit. */
  private contextOf(phase: string, timeoutMs?: number): ShutdownContext {
    const { clock, options } = this.setting;
    const deadline = clock.now() + (timeoutMs ?? options.gracePeriodMs);
    return {
      phase,
      deadline,
      reason: this.reason,
      signal: new AbortController().signal,
      get remainingMs() {
        return Math.max(0, deadline - clock.now());
      },
    };
  }
}
