import type { FollowedListeners } from '../../lib/process/followed-listeners.js';
import type { ProcessPort, SignalListener } from '../../lib/process/process-port.js';
import type { FatalTrigger } from '../../lib/engine/reason.js';

type FatalListener = (trigger: FatalTrigger, error: unknown) => void;

/** A process that a test sends signals to and that notes its exits instead of ending. */
export class FakeProcess implements ProcessPort {
  env: NodeJS.ProcessEnv = {};
  pid = 4242;
  interactive = false;
  mainThread = true;
  /** What it was asked to end by, instead of an exit. */
  readonly raised: NodeJS.Signals[] = [];
  /** What the application's own listeners do; undefined when they are not followed. */
  followed?: FollowedListeners;
  /** The least code, once somebody else may end it. */
  leastCode?: number;
  /** The codes it was asked to exit with, in order. */
  readonly exits: number[] = [];
  /** How many shields for stdout and stderr are up. */
  shields = 0;
  /** Settles when its output has been taken; undefined when nothing waits. */
  output?: Promise<void>;
  /** How often its output was waited for. */
  flushes = 0;
  private readonly listeners = new Map<NodeJS.Signals, Array<() => void>>();
  private readonly ownSignalListeners = new Set<(signal: NodeJS.Signals) => void>();
  private readonly exitListeners = new Set<(code: number) => void>();
  private readonly fatalListeners = new Set<FatalListener>();

  /** What the kernel does. Says whether anybody listened; if not, a real process would have died. */
  send(signal: NodeJS.Signals): boolean {
    const listeners = [...(this.listeners.get(signal) ?? [])];
    for (const listener of listeners) listener();
    return listeners.length > 0;
  }

  /** What `process.kill(process.pid, signal)` does. */
  raiseHere(signal: NodeJS.Signals): boolean {
    for (const listener of [...this.ownSignalListeners]) listener(signal);
    return this.send(signal);
  }

  /** How many watch what the process sends to itself. */
  get watchers(): number {
    return this.ownSignalListeners.size;
  }

  listenersOf(signal: NodeJS.Signals): SignalListener[] {
    return [...(this.listeners.get(signal) ?? [])];
  }

  afterTurn(callback: () => void): void {
    callback();
  }

  onOwnSignal(listener: (signal: NodeJS.Signals) => void): () => void {
    this.ownSignalListeners.add(listener);
    return () => void this.ownSignalListeners.delete(listener);
  }

  followListeners(): FollowedListeners | undefined {
    return this.followed;
  }

  notFollowed<T>(run: () => T): T {
    return run();
  }

  raise(signal: NodeJS.Signals): void {
    this.raised.push(signal);
  }

  exitCodeAtLeast(code: number): void {
    this.leastCode = code;
  }

  /** What Node does with an error that nobody caught. Says whether anybody listened, as `send` does. */
  fail(trigger: FatalTrigger, error: unknown): boolean {
    const listeners = [...this.fatalListeners];
    for (const listener of listeners) listener(trigger, error);
    return listeners.length > 0;
  }

  /** How many listen to errors that nobody caught. */
  get fatalListenerCount(): number {
    return this.fatalListeners.size;
  }

  /** How many listeners a signal has, or all signals together. */
  listenerCount(signal?: NodeJS.Signals): number {
    if (signal) return this.listeners.get(signal)?.length ?? 0;
    return [...this.listeners.values()].reduce((sum, listeners) => sum + listeners.length, 0);
  }

  onSignal(signal: NodeJS.Signals, listener: () => void): void {
    this.listeners.set(signal, [listener, ...(this.listeners.get(signal) ?? [])]);
  }

  offSignal(signal: NodeJS.Signals, listener: () => void): void {
    const others = (this.listeners.get(signal) ?? []).filter((other) => other !== listener);
    this.listeners.set(signal, others);
  }

  onFatal(listener: FatalListener): () => void {
    this.fatalListeners.add(listener);
    return () => void this.fatalListeners.delete(listener);
  }

  exit(code: number): void {
    this.exits.push(code);
    for (const listener of [...this.exitListeners]) listener(code);
  }

  onExit(listener: (code: number) => void): () => void {
    this.exitListeners.add(listener);
    return () => void this.exitListeners.delete(listener);
  }

  watchLoad() {
    return {
      read: () => ({ cpuMs: 1.2, rssBytes: { start: 1_000, end: 2_000 } }),
      stop: () => undefined,
    };
  }

  activeResources(): Record<string, number> {
    return { Timeout: 1 };
  }

  holdsOutput(): boolean {
    return this.output !== undefined;
  }

  async flushOutput(): Promise<void> {
    this.flushes += 1;
    await this.output;
  }

  shieldOutput(): () => void {
    this.shields += 1;
    return () => void (this.shields -= 1);
  }
}
