import { GrpcBalancer } from './grpc-balancer.js';
import { GrpcChannel } from './grpc-channel.js';
import { Http2Client } from './http2-client.js';
import type { Instance } from './instance.js';
import { SteadyLoad } from './steady-load.js';
import { until } from './until.js';

const SESSIONS = 3;

/** Everybody who uses the app, all the time. */
export class Traffic {
  readonly calls = new SteadyLoad(10, (number) => this.balancer.locate(number));
  readonly streams = new SteadyLoad(150, (number) => this.balancer.follow(number));
  readonly clients = Array.from({ length: SESSIONS }, () => new Http2Client(() => this.url));
  readonly requests = this.clients.map((client) => {
    return new SteadyLoad(40, (number) => client.get(`/parcels/p${number}`));
  });
  private readonly balancer = new GrpcBalancer();
  private readonly channels: GrpcChannel[] = [];
  /** Where new sessions go. */
  private url = '';

  /** From now on an instance gets its share of the calls, and every new session. Resolves when it has answered some. */
  async add({ grpcAddress, url }: Instance): Promise<GrpcChannel> {
    this.url = url;
    const channel = new GrpcChannel(grpcAddress);
    this.channels.push(channel);
    void this.balancer.heed(channel);
    await until(() => this.balancer.has(channel));
    if (this.channels.length === 1) for (const load of this.loads) load.start();
    await until(() => channel.answered >= 20);
    return channel;
  }

  /** Resolves when each client has had so many more answers to its requests. */
  async requestsAnswered(more: number): Promise<void> {
    const wanted = this.clients.map(({ answered }) => answered + more);
    await until(() => this.clients.every(({ answered }, index) => answered >= wanted[index]));
  }

  /** Resolves when something has come of each, with the end of all. */
  async beginDownloads(): Promise<{ readonly over: Promise<unknown> }> {
    const over = Promise.all(this.clients.map((client) => client.download('/parcels/p0/journey')));
    await until(() => this.clients.every(({ downloads }) => downloads.arriving === 1));
    return { over };
  }

  /** Resolves when nobody waits for an answer. Who follows a parcel turns away. */
  async stop(): Promise<void> {
    for (const load of this.loads) load.stop();
    await Promise.all([this.calls, ...this.requests].map((load) => load.settled()));
    for (const one of [...this.channels, ...this.clients]) one.close();
  }

  private get loads(): SteadyLoad[] {
    return [this.calls, this.streams, ...this.requests];
  }
}
