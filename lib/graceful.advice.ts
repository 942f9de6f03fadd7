import { Inject, Injectable, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { PROCESS_PORT, RESOLVED_OPTIONS } from './graceful.module-definition.js';
import { speaksHttp2 } from './http/connection-tracker.js';
import { keepAliveAdvice, type Advice } from './http/keep-alive.js';
import { runtimeAdvice } from './http/runtime-advice.js';
import { hasShutdownHooks, type Application } from './nest/application.js';
import { closingOptionsAdvice, closingOptionsOf } from './nest/closing-options.js';
import { httpServerOf } from './nest/http-servers.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { pidOneWarning } from './process/pid-one.js';
import type { ProcessPort } from './process/process-port.js';
import { runtimeName } from './process/runtime.js';

const HOOKS_FORGOTTEN =
  'app.enableShutdownHooks() was not called. Signals are handled all the same; add `app.enableShutdownHooks();` ' +
  'after NestFactory.create() in main.ts so that they are without this module, too.';

/** Says at boot, once, what is set up in a way that will hurt at the end, and what to do. */
@Injectable()
export class GracefulAdvice {
  private readonly logger = new Logger('Graceful');

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(PROCESS_PORT) private readonly port: ProcessPort,
    private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** To be called when the application listens, after what main.ts does then. */
  give(application: Application | undefined): void {
    for (const { level, text } of this.all(application)) this.logger[level](text);
  }

  private all(application: Application | undefined): Advice[] {
    const adapter = this.adapterHost.httpAdapter;
    const server = httpServerOf(adapter);
    const pidOne = this.options.exitProcess ? pidOneWarning(this.port.pid) : undefined;
    const keepAlive =
      server &&
      keepAliveAdvice({
        keepAliveTimeoutMs: server.keepAliveTimeout ?? 0, // HTTP/2 has none
        platform: this.options.platform,
        adapter: adapter?.getType() === 'fastify' ? 'fastify' : 'express',
      });
    const runtime =
      server && !speaksHttp2(server) && runtimeAdvice(server, runtimeName(process.versions));
    const closing = application ? closingOptionsAdvice(closingOptionsOf(application, adapter)) : [];
    const forgotten = application && !hasShutdownHooks(application);
    return [
      ...(forgotten ? [HOOKS_FORGOTTEN] : []).map(warning),
      ...(pidOne === undefined ? [] : [warning(pidOne)]),
      ...closing.map(warning),
      ...(runtime ? [warning(runtime)] : []),
      ...(keepAlive ? [keepAlive] : []),
    ];
  }
}

function warning(text: string): Advice {
  return { level: 'warn', text };
}
