import type { INestApplicationContext } from '@nestjs/common';
import type { Server } from 'node:http';
import type { Backstage } from '../../lifecycle/backstage.js';
import { BACKSTAGE } from '../../tokens.js';
import { createSubject } from './create.js';
import { StageError } from './errors.js';
import { Leftovers } from './leftovers.js';
import { isStageable } from './ports.js';
import { Stage } from './stage.js';
import type { StagedSubject, StageOptions } from './stage-options.js';

const PATIENCE_MS = 1_000;

/**
 * Puts an application on a stage, to test how it shuts down: it listens and answers real requests, while signals come from
 * the test, no process ends, and time stands still until the test lets it go on. Half a minute on Kubernetes takes some
 * milliseconds.
 *
 * ```ts
 * const stage = await stageShutdown(AppModule, { platform: 'kubernetes' });
 * const order = stage.hold('order');
 * const answer = stage.request('/orders/1', { heldBy: order });
 * stage.sigterm();
 * await stage.reach('drain');
 * order.release();
 * (await stage.over()).expectExitCode(0).expectNothingLost();
 * ```
 *
 * @param subject the module; an application, also one that listens already; or what creates one
 * @throws StageError when it has no `GracefulModule`, or was created before this was loaded
 * @publicApi
 */
export async function stageShutdown(
  subject: StagedSubject,
  options: StageOptions = {},
): Promise<Stage> {
  const leftovers = new Leftovers();
  const app = await createSubject(subject, options);
  try {
    const server = await listening(app);
    const backstage = backstageOf(app);
    const { ports } = backstage;
    if (!isStageable(ports)) {
      throw new StageError(
        'The application was created before nestjs-graceful/testing was loaded, or its clock was replaced: import it at ' +
          'the head of the test.',
      );
    }
    const { time = 'virtual', patienceMs = PATIENCE_MS } = options;
    return new Stage({ app, backstage, ports, server, time, patienceMs, leftovers });
  } catch (error) {
    if (app !== subject) await app.close().catch(() => undefined);
    throw error;
  }
}

function backstageOf(app: INestApplicationContext): Backstage {
  try {
    return app.get<Backstage>(BACKSTAGE, { strict: false });
  } catch {
    throw new StageError(
      'This application has no GracefulModule: add GracefulModule.forRoot() to its imports.',
    );
  }
}

/** Its server, which listens from then on; undefined when it has none. */
async function listening(app: INestApplicationContext): Promise<Server | undefined> {
  const { getHttpServer, listen } = app as {
    getHttpServer?: () => Server;
    listen?: (port?: number, host?: string) => Promise<unknown>;
  };
  if (typeof getHttpServer !== 'function') {
    if (typeof listen === 'function') await listen.call(app);
    else await app.init();
    return undefined;
  }
  const server = getHttpServer.call(app);
  if (!server.listening) await listen?.call(app, 0, '127.0.0.1');
  return server;
}
