import { status } from '@grpc/grpc-js';
import { healthStub, trackingStub } from './grpc-stubs.js';
import { Streams, type Place } from './streams.js';

const PATIENCE_MS = 5_000;

/** What gRPC clients have to one instance. */
export class GrpcChannel {
  answered = 0;
  readonly streams = new Streams();
  /** When a watcher of its health was told that it does not serve any more. */
  notServingAt?: number;
  private readonly tracking;
  private readonly checks;

  constructor(address: string) {
    this.tracking = trackingStub(address);
    this.checks = healthStub(address);
  }

  /** Fails with the name of a gRPC status. */
  locate(id: string): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS;
    return new Promise((resolve, reject) => {
      this.tracking.locate({ id }, { deadline }, (error) => {
        if (error) return reject(new Error(status[error.code]));
        this.answered += 1;
        resolve();
      });
    });
  }

  follow(id: string): Promise<void> {
    return this.streams.read(this.tracking.follow({ id }) as AsyncIterable<Place>);
  }

  /** What its health service says, whenever that changes, until the connection is over. */
  async *health(): AsyncGenerator<string> {
    const told = this.checks.watch({ service: '' }) as AsyncIterable<{ status: string }>;
    try {
      for await (const { status } of told) {
        if (status === 'NOT_SERVING') this.notServingAt ??= performance.now();
        yield status;
      }
    } catch {
      // It is over.
    }
  }

  close(): void {
    this.tracking.close();
    this.checks.close();
  }
}
