import {
  credentials,
  loadPackageDefinition,
  makeClientConstructor,
  type ChannelCredentials,
  type Client,
  type ClientReadableStream,
  type requestCallback,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { service as health } from 'grpc-health-check';
import { fileURLToPath } from 'node:url';
import type { Place } from './streams.js';

interface TrackingStub extends Client {
  locate(parcel: { id: string }, options: { deadline: number }, done: requestCallback<Place>): void;
  follow(parcel: { id: string }): ClientReadableStream<Place>;
}

interface HealthStub extends Client {
  watch(service: { service: string }): ClientReadableStream<{ status: string }>;
}

type Stub<T> = new (address: string, credentials: ChannelCredentials) => T;

const proto = fileURLToPath(new URL('../../proto/tracking.proto', import.meta.url));
const { tracking } = loadPackageDefinition(loadSync(proto, { defaults: true })) as unknown as {
  tracking: { Tracking: Stub<TrackingStub> };
};
const Health = makeClientConstructor(health, 'Health') as unknown as Stub<HealthStub>;

export function trackingStub(address: string): TrackingStub {
  return new tracking.Tracking(address, credentials.createInsecure());
}

export function healthStub(address: string): HealthStub {
  return new Health(address, credentials.createInsecure());
}
