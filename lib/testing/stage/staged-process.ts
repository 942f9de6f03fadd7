import type { FatalTrigger } from '../../engine/reason.js';
import type { LoadWatch } from '../../process/load.js';
import { nodeProcess } from '../../process/node-process.js';
import type { ProcessPort, SignalListener } from '../../process/process-port.js';
import { Registrations } from './registrations.js';

type ExitListener = Parameters<ProcessPort['onExit']>[0];
type FatalListener = (trigger: FatalTrigger, error: unknown) => void;

/**
 * The process of an application that a test may stage. Until then it is the real one; from then on signals come from the
 * test, and an exit is noted: a real signal would end the test runner, and so would the real exit.
 */
export class StagedProcess implements ProcessPort {
  /** The codes that it was asked to exit with, in order. */
  readonly exits: number[] = [];
  /** What it was asked to end by, instead of an exit. */
  readonly raised: NodeJS.Signals[] = [];
  private staged = false;
  private readonly signals = new Registrations<[NodeJS.Signals, () => void]>(
    ([signal, listener]) => {
      nodeProcess.onSignal(signal, listener);
      return () => nodeProcess.offSignal(signal, listener);
    },
  );
  private readonly own = new Registrations<(signal: NodeJS.Signals) => void>((listener) =>
    nodeProcess.onOwnSignal(listener),
  );
  private readonly fatal = new Registrations<FatalListener>((listener) =>
    nodeProcess.onFatal(listener),
  );
  private readonly exiting = new Registrations<ExitListener>((listener) =>
    nodeProcess.onExit(listener),
  );

  /** @param given instead of the process's environment */
  constructor(private readonly given?: NodeJS.ProcessEnv) {}

  /** Nothing reaches the real process from now on. */
  stage(): void {
    this.staged = true;
    for (const each of [this.signals, this.own, this.fatal, this.exiting]) each.stage();
  }

  /** What the kernel does. Whether anybody listened; if not, a real process would have died. */
  send(signal: NodeJS.Signals): boolean {
    const listeners = this.listenersTo(signal);
    for (const listener of listeners) listener();
    return listeners.length > 0;
  }

  /** An error that nobody has caught. Whether anybody takes it; if not, a real process would have died. */
  fail(trigger: FatalTrigger, error: unknown): boolean {
    const listeners = this.fatal.all();
    for (const listener of listeners) listener(trigger, error);
    return listeners.length > 0;
  }

  /** Whether it would have ended. */
  get hasEnded(): boolean {
    return this.exits.length + this.raised.length > 0;
  }

  /** What still listens, such as `SIGTERM`. */
  get listening(): string[] {
    return [
      ...this.signals.all().map(([signal]) => signal),
      ...this.own.all().map(() => 'own signals'),
      ...this.fatal.all().map(() => 'fatal errors'),
      ...this.exiting.all().map(() => 'exit'),
    ];
  }

  /** Until it is staged, it ends together with the other applications of the real process. */
  get group(): ProcessPort {
    return this.staged ? this : nodeProcess;
  }

  // -- the port --------------------------------------------------------------------------------------------------

  get env(): NodeJS.ProcessEnv {
    return this.given ?? nodeProcess.env;
  }

  get pid(): number {
    return nodeProcess.pid;
  }

  get mainThread(): boolean {
    return this.staged || nodeProcess.mainThread;
  }

  /** Nobody sits at the terminal of a process in production. */
  get interactive(): boolean {
    return !this.staged && nodeProcess.interactive;
  }

  onSignal(signal: NodeJS.Signals, listener: () => void): void {
    this.signals.add([signal, listener]);
  }

  offSignal(signal: NodeJS.Signals, listener: () => void): void {
    this.signals.drop(([one, other]) => one === signal && other === listener);
  }

  listenersOf(signal: NodeJS.Signals): SignalListener[] {
    return this.staged ? this.listenersTo(signal) : nodeProcess.listenersOf(signal);
  }

  private listenersTo(signal: NodeJS.Signals): Array<() => void> {
    const all = this.signals.all().toReversed(); // each is put before those that are there
    return all.flatMap(([one, listener]) => (one === signal ? [listener] : []));
  }

  afterTurn(callback: () => void): void {
    nodeProcess.afterTurn(callback);
  }

  onOwnSignal(listener: (signal: NodeJS.Signals) => void): () => void {
    return this.own.add(listener);
  }

  followListeners() {
    return this.staged ? undefined : nodeProcess.followListeners();
  }

  notFollowed<T>(run: () => T): T {
    return nodeProcess.notFollowed(run);
  }

  onFatal(listener: FatalListener): () => void {
    return this.fatal.add(listener);
  }

  exit(code: number): void {
    if (!this.staged) return nodeProcess.exit(code);
    this.exits.push(code);
    for (const listener of this.exiting.all()) listener(code);
  }

  raise(signal: NodeJS.Signals, code: number): void {
    if (!this.staged) return nodeProcess.raise(signal, code);
    this.raised.push(signal);
  }

  exitCodeAtLeast(code: number): void {
    if (!this.staged) nodeProcess.exitCodeAtLeast(code);
  }

  onExit(listener: (code: number, caller?: string) => void): () => void {
    return this.exiting.add(listener);
  }

  shieldOutput(): () => void {
    return this.staged ? () => undefined : nodeProcess.shieldOutput();
  }

  holdsOutput(): boolean {
    return !this.staged && nodeProcess.holdsOutput();
  }

  async flushOutput(timeoutMs: number): Promise<void> {
    if (!this.staged) await nodeProcess.flushOutput(timeoutMs);
  }

  watchLoad(): LoadWatch {
    return nodeProcess.watchLoad();
  }

  activeResources(): Readonly<Record<string, number>> {
    return nodeProcess.activeResources();
  }
}
