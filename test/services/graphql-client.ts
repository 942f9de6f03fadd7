import { afterEach } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually } from '../support/eventually.js';

/** GraphQL over WebSocket as graphql-ws speaks it, and as subscriptions-transport-ws did under the other's name. */
export type Protocol = 'graphql-transport-ws' | 'graphql-ws';

interface Frame {
  readonly type: string;
  readonly id?: string;
  readonly payload?: { readonly data?: Record<string, unknown> } | null;
}

const clients: GraphqlClient[] = [];

afterEach(() => {
  for (const { socket } of clients.splice(0)) socket.terminate();
});

/** A client that shows every frame it gets, in short. */
export class GraphqlClient {
  /** Such as `next 1 hello`, `complete 1` and `close 1012`; not the acknowledgement. */
  readonly frames: string[] = [];
  code?: number;
  private ready = false;

  private constructor(
    readonly socket: WebSocket,
    private readonly protocol: Protocol,
  ) {
    clients.push(this);
    socket.on('error', () => undefined);
    socket.on('open', () => this.send({ type: 'connection_init' }));
    socket.on('message', (data: Buffer) => this.got(JSON.parse(data.toString()) as Frame));
    socket.on('close', (code) => {
      this.code = code;
      this.frames.push(`close ${code}`);
    });
  }

  /** Resolves when the server has acknowledged it. */
  static async connect(
    port: number,
    protocol: Protocol = 'graphql-transport-ws',
  ): Promise<GraphqlClient> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/graphql`, [protocol]);
    const client = new GraphqlClient(socket, protocol);
    await eventually('the acknowledgement', () => client.ready);
    return client;
  }

  begin(id: string, query: string): void {
    const type = this.protocol === 'graphql-ws' ? 'start' : 'subscribe';
    this.send({ type, id, payload: { query } });
  }

  async until(frame: string): Promise<void> {
    await eventually(`${frame} after ${this.frames.join(', ')}`, () => this.frames.includes(frame));
  }

  async closed(): Promise<void> {
    await eventually('the close', () => this.code !== undefined);
  }

  private send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  private got({ type, id, payload }: Frame): void {
    if (type === 'connection_ack') this.ready = true;
    if (id === undefined) return;
    const data = payload?.data && Object.values(payload.data).join();
    this.frames.push([type === 'data' ? 'next' : type, id, data].filter(Boolean).join(' '));
  }
}
