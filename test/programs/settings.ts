import type { GracefulOptions } from 'nestjs-graceful';

/** What the application is to be, as one JSON object in PROGRAM. */
export interface Settings {
  readonly platform?: 'express' | 'fastify';
  /** No HTTP at all. */
  readonly context?: boolean;
  /** Two applications instead of one. */
  readonly apps?: number;
  /** `forRoot()` options; `null` leaves the module out: the control. */
  readonly options?: GracefulOptions | null;
  /** What is wrong with the application. */
  readonly mistake?: 'registered twice' | 'imported bare' | 'unknown phase';
  /** Options of `NestFactory.create()`. */
  readonly nest?: Record<string, unknown>;
  /**
   * `on exit`: writes when the process exits, as the worker threads of real ones do. `json`: Nest's own in that form.
   * `objects`: tells of objects that it is given.
   */
  readonly logger?: 'on exit' | 'json' | 'objects';
  /** How often main.ts calls `enableShutdownHooks()`. */
  readonly shutdownHooks?: number;
  /** When main.ts calls it. */
  readonly hooksAfterListen?: boolean;
  /** What a handler of main.ts for SIGTERM does, which is there before Nest. */
  readonly ownHandler?: 'closes' | 'closes and exits';
  /** How long an async provider takes to be created, in milliseconds. */
  readonly createMs?: number;
  /** How it ends after that. */
  readonly create?: 'throws';
  /** How long `onModuleInit` takes, in milliseconds. */
  readonly initMs?: number;
  /** What it does at its beginning: an error that nobody catches, or a call of `Graceful.shutdown()`. */
  readonly initBegins?: 'with a crash' | 'with a shutdown';
  /** How it ends after that. */
  readonly init?: 'throws' | 'hangs';
  /** How `onModuleDestroy` ends. */
  readonly destroy?: 'hangs' | 'throws' | 'blocks' | 'exits';
  /** So many more providers, whose shutdown hooks hang. */
  readonly stragglers?: number;
  /** The limit of an `@OnFlush()` method, in milliseconds; `null` for none of its own. */
  readonly flushLimitMs?: number | null;
  /** How long it takes, in milliseconds. */
  readonly flushMs?: number;
  /** How it ends when it takes no time. */
  readonly flush?: TaskEnd;
  /** How an `@OnClose()` method ends. */
  readonly close?: TaskEnd;
  /** What `onReport` does; `says`: tells of the report, after a moment. */
  readonly onReport?: 'says' | 'throws' | 'hangs';
  /** A health controller of the application's own, at `/terminus`. */
  readonly terminus?: boolean;
  /** Tells of everything that `Graceful` and `node:diagnostics_channel` tell of. */
  readonly listens?: boolean;
  /** A timer that would keep the process alive. */
  readonly keepAlive?: boolean;
}

export type TaskEnd = 'throws' | 'rejects' | 'hangs' | 'blocks';

export const settings = JSON.parse(process.env['PROGRAM'] ?? '{}') as Settings;

/** Tells the test of something. */
export function say(event: string, details: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...details })}\n`);
}

/** Holds the event loop for a second. */
export function block(): void {
  const until = Date.now() + 1_000;
  while (Date.now() < until);
}

/** An error that nobody catches. */
export function crash(how: 'throw' | 'reject'): void {
  if (how === 'reject') void Promise.reject(new Error('boom'));
  else {
    setImmediate(() => {
      throw new Error('boom');
    });
  }
}
