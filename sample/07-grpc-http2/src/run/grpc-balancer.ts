import type { GrpcChannel } from './grpc-channel.js';

/** What it takes until the last client has heard it from its mesh. */
const LEARNS_AFTER_MS = 150;

/** What gRPC clients have where no proxy does it: instances are called in turn while their health service says SERVING. */
export class GrpcBalancer {
  private readonly serving = new Set<GrpcChannel>();

  /** Heeds the health of an instance to its end. */
  async heed(channel: GrpcChannel): Promise<void> {
    for await (const status of channel.health()) {
      if (status === 'SERVING') this.serving.add(channel);
      else setTimeout(() => this.serving.delete(channel), LEARNS_AFTER_MS);
    }
    this.serving.delete(channel);
  }

  has(channel: GrpcChannel): boolean {
    return this.serving.has(channel);
  }

  /** The call of this number, and below the stream: each has its own turns. */
  async locate(number: number): Promise<void> {
    return this.channelFor(number).locate(`p${number}`);
  }

  async follow(number: number): Promise<void> {
    return this.channelFor(number).follow(`p${number}`);
  }

  private channelFor(number: number): GrpcChannel {
    const channels = [...this.serving];
    if (channels.length === 0) throw new Error('no instance');
    return channels[number % channels.length];
  }
}
