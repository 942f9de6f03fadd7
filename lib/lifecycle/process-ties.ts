import type { FatalTrigger, ShutdownReason } from '../engine/reason.js';
import type { ShutdownRecord } from '../engine/record.js';
import type { SignalListener } from '../process/process-port.js';
import { sharedProcessOf, type SharedProcess } from '../process/shared-process.js';
import { signalHubOf, type SignalHub, type SignalSubscriber } from '../process/signal-hub.js';
import type { Life } from './life.js';
import type { Setting } from './setting.js';
import type { ShutdownLog } from './shutdown-log.js';
import { Systemd } from '../process/systemd.js';
import { StopSignals } from './stop-signals.js';
import { Supervisors } from './supervisors.js';

/** The application that is tied to the process. */
export interface TiedApplication {
  begin(reason: ShutdownReason): void;
  /** What its shutdown has done so far. */
  soFar(): ShutdownRecord | undefined;
  /** Closes it, and leaves the process to its host. */
  closeForHost(): void;
}

/** When and with what an application leaves the process. */
export interface Leave {
  readonly exitCode: number;
  /** Right before the exit; never rejects. */
  readonly lastStep?: () => Promise<void>;
  /** On the clock. */
  readonly leaveBy?: number;
}

/** What ties one application to its process: what of it asks for the end, and how the process is left. */
export class ProcessTies implements SignalSubscriber {
  private hub: SignalHub;
  private unsubscribe: () => void = () => undefined;
  private readonly shared: SharedProcess;
  private readonly stopSignals: StopSignals;
  private readonly supervisors = new Supervisors();
  private readonly systemd: Systemd;
  private stopWatchingExit?: () => void;
  private unshield?: () => void;
  private isLeaving = false;

  constructor(
    private readonly setting: Setting,
    life: Life,
    private readonly log: ShutdownLog,
    private readonly application: TiedApplication,
  ) {
    const { options, port, clock } = setting;
    this.stopSignals = new StopSignals(options.signals, setting.signalsAreChosen);
    this.hub = signalHubOf(port, clock);
    this.shared = sharedProcessOf(port);
    this.systemd = new Systemd(port);
    if (!options.enabled) return;
    this.unsubscribe = this.hub.subscribe(this);
    life.untilReleased(() => this.unsubscribe());
    life.untilReleased(
      this.supervisors.listen(port, {
        stopFor: (detail, others) => {
          if (life.begun) return;
          this.request({ kind: 'request', detail });
          application.begin({ kind: 'request', detail });
          if (others > 0) this.hub.followOthers();
        },
        close: () => application.closeForHost(),
        endsProcess: options.exitProcess,
      }),
    );
  }

  /** Its port stands for another process from now on. Only while no shutdown has begun. */
  reconnect(): void {
    this.unsubscribe();
    const { port, clock } = this.setting;
    this.hub = signalHubOf(port, clock);
    if (this.setting.options.enabled) this.unsubscribe = this.hub.subscribe(this);
  }

  // -- what the hub asks and tells -------------------------------------------------------------------------------

  get signals(): readonly NodeJS.Signals[] {
    return this.stopSignals.current;
  }

  get catchesFatalErrors(): boolean {
    return this.setting.options.shutdownOnFatalError;
  }

  onSignal(signal: NodeJS.Signals): void {
    this.application.begin({ kind: 'signal', signal });
  }

  onRequest(reason: ShutdownReason): void {
    this.application.begin(reason);
  }

  onFatalError(trigger: FatalTrigger, error: unknown, further: boolean): void {
    this.log.fatalError(trigger, error, further);
  }

  onRepeated(signal: NodeJS.Signals, endsNow: NodeJS.Signals): void {
    this.log.repeated(signal, endsNow);
  }

  onListenersCut(): void {
    this.log.listenersCut();
  }

  onForced(signal: NodeJS.Signals): void {
    this.watchesExit(false);
    this.log.forced(signal, this.application.soFar());
  }

  // -- signals ---------------------------------------------------------------------------------------------------

  /** The application has named its signals to Nest. */
  name(signals: readonly string[]): void {
    const { actionSignals } = this.setting;
    this.stopSignals.name(
      signals.filter((signal) => !actionSignals.some((action) => action === signal)),
    );
    this.hub.signalsChanged(this);
  }

  /** A listener of Nest's for this application. */
  leads(listener: SignalListener): void {
    this.hub.leads(listener);
  }

  /** Who else listens to the signals that stop it. */
  others(): Map<NodeJS.Signals, SignalListener[]> {
    return new Map(this.signals.map((signal) => [signal, this.hub.othersOn(signal)]));
  }

  /** It listens, and does not take requests for so long at most, in milliseconds. */
  warmingUp(mostMs: number): void {
    this.systemd.warmingUp(mostMs);
  }

  /** It takes requests. */
  ready(): void {
    this.systemd.ready();
    this.supervisors.ready(this.setting.port);
  }

  // -- the end ---------------------------------------------------------------------------------------------------

  /** The application itself wants the process to end, if that is to end with it. */
  request(reason: ShutdownReason): void {
    if (this.setting.options.exitProcess) this.hub.request(this, reason);
  }

  /** A shutdown has begun, of so many milliseconds at most: the end of a cluster's primary must not cut it. */
  shutdownBegins(mostMs: number): void {
    if (this.exits) this.systemd.stopping(mostMs);
    else this.systemd.forget();
    this.supervisors.leaving();
  }

  /** Whoever calls `process.exit()` from now on is named, and a pipe that is closed ends nothing. */
  guard(): void {
    this.unshield = this.shared.shieldOutput();
    this.watchesExit(true);
  }

  watchesExit(watches: boolean): void {
    this.stopWatchingExit?.();
    this.stopWatchingExit = watches
      ? this.shared.onExit((code, caller) =>
          this.log.exitedByOthers(code, caller, this.application.soFar()),
        )
      : undefined;
  }

  /** Whether the process ends with this shutdown. */
  get exits(): boolean {
    return this.setting.options.exitProcess && this.hub.awaits(this);
  }

  /** The process is about to end, and Nest must not go on. */
  get leaving(): boolean {
    return this.isLeaving;
  }

  /** Ends the process, when the others in it are done as well. */
  leave({ exitCode, lastStep, leaveBy }: Leave): void {
    this.isLeaving = true;
    this.hub.finished(this, exitCode, lastStep, leaveBy);
  }

  /** The shutdown is over, and the process goes on. */
  stay(): void {
    this.supervisors.stays();
    this.unshield?.(); // else until the end: the last lines may still be on their way
  }
}
