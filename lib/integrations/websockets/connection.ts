import { setImmediate } from '../../time/real-timers.js';
import type { TimerHandle } from '../../time/clock.js';
import type { IntegrationHost } from '../../engine/integration.js';
import type { Wire } from './wire.js';

/** A client that neither answers our goodbye nor sends anything is cut after this, in milliseconds. */
const PATIENCE_MS = 2_000;

/** One client of gateways: how many of its messages are being handled, and how it is told to go. */
export class Connection {
  /** It is gone. */
  readonly closed: Promise<void>;
  private running = 0;
  private leaving = false;
  private told = false;
  private deaf = false;
  /** Since our goodbye: until the client is cut. */
  private patience?: TimerHandle;

  constructor(
    private readonly wire: Wire,
    private readonly host: Pick<IntegrationHost, 'clock' | 'hurry'>,
  ) {
    this.closed = new Promise((resolve) => wire.onClosed(resolve));
  }

  /**
   * A message has come; false when it must not be handled any more. What comes between our goodbye and that of the client
   * is handled, though its reply can't be sent any more: it was on its way, and its sender takes it for delivered.
   */
  begin(): boolean {
    if (this.deaf) return false;
    if (this.patience !== undefined) this.bePatient(); // much of it may be on its way, and what comes shows that the client is there
    this.running += 1;
    return true;
  }

  end(): void {
    this.running -= 1;
    this.look();
  }

  /** Tells the client to go, once its messages are handled. */
  leave(): void {
    this.leaving = true;
    this.look();
  }

  /** What comes from now on is not handled, so that a client which never stops gets an end, too. */
  ignoreNewMessages(): void {
    this.deaf = true;
  }

  /** Tells it now. */
  tell(): void {
    if (this.told) return;
    this.told = true;
    this.bePatient();
    void this.closed.then(() => this.losePatience());
    this.wire.close(this.host.hurry);
  }

  private bePatient(): void {
    this.losePatience();
    this.patience = this.host.clock.setTimeout(() => this.wire.terminate(), PATIENCE_MS);
  }

  private losePatience(): void {
    if (this.patience !== undefined) this.host.clock.clearTimeout(this.patience);
    this.patience = undefined;
  }

  /** After a whole turn of the event loop, in which what has arrived by now is read: two immediates. */
  private look(): void {
    if (!this.leaving || this.told || this.running > 0) return;
    setImmediate(() => setImmediate(() => this.running === 0 && this.tell()));
  }
}
