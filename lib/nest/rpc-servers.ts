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
