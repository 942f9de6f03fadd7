import type { INestApplication, ModuleMetadata } from '@nestjs/common';
import type { Integration } from '../../../lib/engine/integration.js';
import type {
  IntegrationRig,
  PieceFate,
  WorkSourceApp,
} from '../../../lib/testing/integration-rig.js';
import { HttpApp, type HttpAppSetup } from '../../support/http-app.js';

type Settings = Omit<IntegrationRig, 'integration' | 'start'>;
type DoWork = (piece: string) => Promise<void>;
type Use = Pick<WorkSourceApp, 'offer' | 'fateOf'> & { cleanUp?: () => unknown };

/** How a library is used: what the application's module holds, and who offers it work. */
export interface Usage extends Pick<Partial<HttpAppSetup>, 'platform' | 'configure'> {
  readonly module: ModuleMetadata;
  use(app: INestApplication, http: HttpApp): Use | Promise<Use>;
}

/** A rig for a library beside HTTP, by the integration that comes with the package. */
export function httpRig(
  integration: Integration,
  settings: Settings,
  usage: (work: DoWork) => Usage,
): IntegrationRig {
  return {
    integration,
    ...settings,
    async start({ integrations, work }) {
      const used = usage(work);
      const http = await HttpApp.start({ platform: 'Express', ...used, integrations });
      const source = await used.use(http.app, http);
      return {
        ...source,
        async close() {
          await http.close();
          await source.cleanUp?.();
        },
      };
    },
  };
}

/** What became of pieces whose caller gets a promise. */
export class Fates {
  private readonly fates = new Map<string, PieceFate>();

  of = (piece: string): PieceFate | undefined => this.fates.get(piece);

  set(piece: string, fate: PieceFate): void {
    this.fates.set(piece, fate);
  }

  watch(piece: string, promise: Promise<unknown>): void {
    promise.then(
      () => this.set(piece, 'completed'),
      () => this.set(piece, 'failed'),
    );
  }
}

/** Nest tells the log of a failure that nobody else waits for. */
export function loggedFailure({ log }: Pick<HttpApp, 'log'>): 'failed' | undefined {
  return log.errors.some((line) => line.includes('a piece of work that fails'))
    ? 'failed'
    : undefined;
}
