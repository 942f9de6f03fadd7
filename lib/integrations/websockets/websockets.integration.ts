import type {
  Integration,
  IntegrationHost,
  WorkCounter,
  WorkSource,
} from '../../engine/integration.js';
import { counted } from '../kit/counted.js';
import { inRounds } from '../../time/rounds.js';
import { Ages } from './ages.js';
import { Connection } from './connection.js';
import { refuseClients } from './refusal.js';
import { wireOf } from './wire.js';

/** The share of the drain over which clients are told to go: the rest is for what they have asked for. */
const ROUNDS_SHARE = 0.5;
/** From this share of the drain on, a client that never stops asking gets no more answers, so that it ends in time. */
const LAST_MESSAGE_SHARE = 0.75;

/**
 * WebSocket gateways, with socket.io, `ws`, and adapters that extend those. Clients find them as they find HTTP, and are
 * served like that until the drain begins. Then nobody can connect any more, and clients are told to come back, in
 * rounds, each when its messages are handled and the replies are written.
 */
export const websockets: Integration = {
  name: 'WebSockets',
  attach(host: IntegrationHost): void {
    let source: GatewaySource | undefined;
    const theSource = () => {
      if (!source) host.add((source = new GatewaySource(host)));
      return source;
    };
    host.onGateways?.({
      serving: (server) => void theSource().servers.add(server),
      connected: (client) => theSource().connected(client),
      handle: (client, message, handler) => theSource().handle(client, message, handler),
      run: (name, hook) => counted(theSource().work, name, hook),
    });
  },
};

class GatewaySource implements WorkSource {
  readonly name = 'WebSockets';
  readonly kind = 'message';
  readonly servers = new Set<object>();
  readonly work: WorkCounter;
  private readonly connections = new Map<object, Connection>();
  /** Of clients of unknown kind, undefined. */
  private readonly byClient = new WeakMap<object, Connection | undefined>();
  /** During the drain: what is still open. */
  private open?: WorkCounter;
  private readonly ages: Ages;

  constructor(private readonly host: IntegrationHost) {
    this.work = host.counter();
    this.ages = new Ages(host.clock, host.maxConnectionAgeMs ?? 0);
  }

  /** Nothing yet: until the load balancers have learned of it, this is where clients come. */
  stopTaking(): void {}

  inFlight(): ReturnType<WorkCounter['list']> {
    return this.work.list();
  }

  begun(): number {
    return this.work.begun;
  }

  async finished(signal: AbortSignal, remainingMs: number): Promise<void> {
    const { clock } = this.host;
    const open = (this.open = this.host.counter());
    this.ages.stop();
    for (const server of this.servers) refuseClients(server);
    const connections = [...this.connections.values()];
    for (const connection of connections) this.follow(connection, open);
    const stopAnswering = () => this.each((connection) => connection.ignoreNewMessages());
    const timer = clock.setTimeout(stopAnswering, remainingMs * LAST_MESSAGE_SHARE);
    const tellAll = () => this.each((connection) => connection.tell());
    signal.addEventListener('abort', tellAll);
    if (signal.aborted) tellAll();
    const rounds = { clock, signal, overMs: remainingMs * ROUNDS_SHARE };
    await inRounds(connections, rounds, (connection) => connection.leave());
    await open.idle(signal);
    await this.work.idle(signal); // `handleDisconnect`, and handlers whose clients had gone
    clock.clearTimeout(timer);
    signal.removeEventListener('abort', tellAll);
  }

  connected(client: object): void {
    if (this.byClient.has(client)) return;
    const wire = wireOf(client, this.host.clock);
    const connection = wire && (this.connections.get(wire.key) ?? new Connection(wire, this.host));
    this.byClient.set(client, connection);
    if (!wire || !connection || this.connections.has(wire.key)) return;
    this.connections.set(wire.key, connection);
    void connection.closed.then(() => this.connections.delete(wire.key));
    this.ages.follow(connection);
    if (!this.open) return;
    // Its handshake had begun before the drain.
    this.follow(connection, this.open);
    connection.leave();
  }

  handle(client: object, message: string, handler: (end: () => void) => unknown): unknown {
    const connection = this.byClient.get(client);
    if (connection && !connection.begin()) return undefined;
    const { work } = this;
    let holds = true;
    const letGo = () => {
      if (holds) connection?.end();
      holds = false;
    };
    const end = work.begin(`socket message ${message}`, letGo);
    const handled = () => {
      end();
      letGo();
    };
    return work.within(end, () => handler(handled));
  }

  private follow(connection: Connection, open: WorkCounter): void {
    void connection.closed.then(open.begin('socket'));
  }

  private each(act: (connection: Connection) => void): void {
    this.connections.forEach(act);
  }
}
