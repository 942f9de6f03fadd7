import type { ModulesContainer } from '@nestjs/core';

interface Registry {
  /** Core 12, and 11 from 11.1.4: replays the servers there are, then tells of those that come. */
  getRpcTargetRegistry?(): { subscribe(next: (server: unknown) => void): unknown };
}

/** Calls back with each server of a microservice (`createMicroservice`, `connectMicroservice`). */
export function onRpcServer(modules: ModulesContainer, callback: (server: object) => void): void {
  (modules as Registry).getRpcTargetRegistry?.().subscribe((server) => {
    if (typeof server === 'object' && server !== null) callback(server);
  });
}

/** By `Transport` of `@nestjs/microservices` 11 and 12, which is `transportId` of its servers. */
const TRANSPORTS = ['TCP', 'Redis', 'NATS', 'MQTT', 'gRPC', 'RabbitMQ', 'Kafka'];

/** The transport of a server of a microservice, and where it listens if it does. */
export function describeRpcServer(server: object): { name: string; port?: number } {
  const { transportId, port, url } = server as Record<'transportId' | 'port' | 'url', unknown>;
  const name = TRANSPORTS[Number(transportId ?? NaN)] ?? 'custom';
  const listensOn = name === 'TCP' ? Number(port) : name === 'gRPC' ? portOf(String(url)) : NaN;
  return Number.isInteger(listensOn) ? { name, port: listensOn } : { name };
}

/** Of `0.0.0.0:5000`. */
function portOf(address: string): number {
  return Number(/:(\d+)$/.exec(address)?.[1] ?? NaN);
}
