import type { Adapter } from './http-adapter.js';
import { forceCloseConnections, return503OnClosing } from '../log/boot-lines.js';
import type { Line } from '../log/line.js';
import type { Application } from './application.js';

/** Nest's own options for the end of an application. */
export interface ClosingOptions {
  readonly forceCloseConnections: boolean;
  readonly return503OnClosing: boolean;
}

interface Internals {
  /** What `NestFactory.create()` was given (core 11 and 12, NestApplicationContext); a microservice has others. */
  appOptions?: Partial<ClosingOptions>;
}

interface FastifyInstance {
  /** Documented (fastify 5, docs/Reference/Server.md, initialConfig). */
  initialConfig?: { forceCloseConnections?: unknown };
}

/**
 * The options that are on. On Fastify `forceCloseConnections` is the adapter's, too, and on core 11 only there;
 * `return503OnClosing` is Nest's since core 12, and Fastify's own of that name, which is on by default, another one.
 */
export function closingOptionsOf(
  application: Application,
  adapter: Adapter | undefined,
): ClosingOptions {
  const { appOptions = {} } = application as Internals;
  return {
    forceCloseConnections: appOptions.forceCloseConnections === true || forcesFastify(adapter),
    return503OnClosing: appOptions.return503OnClosing === true,
  };
}

/** Says of each option that is on what is left of it beside this module, and what to do. Nothing is lost by them. */
export function closingOptionsAdvice(options: ClosingOptions): Line[] {
  return [
    ...(options.forceCloseConnections ? [forceCloseConnections()] : []),
    ...(options.return503OnClosing ? [return503OnClosing()] : []),
  ];
}

function forcesFastify(adapter: Adapter | undefined): boolean {
  if (adapter?.getType() !== 'fastify') return false;
  return adapter.getInstance<FastifyInstance>().initialConfig?.forceCloseConnections === true;
}
