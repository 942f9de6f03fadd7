import { Controller, Get, Param, type Type } from '@nestjs/common';
import { describe } from '@jest/globals';
import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:http2';
import { HttpSource } from '../../lib/http/http-source.js';
import type { Integration, WorkSource } from '../../lib/engine/integration.js';
import type { Source } from '../../lib/sources/source.js';
import { TrackedWork } from '../../lib/sources/tracked-work.js';
import type {
  IntegrationRig,
  PieceFate,
  WorkSourceApp,
} from '../../lib/testing/integration-rig.js';
import { H2C } from '../support/http2-app.js';
import { HttpApp, type HttpAppSetup } from '../support/http-app.js';
import { itKeepsTheContract } from '../support/integration-contract.js';

// HTTP and tracked work are sources as those of integrations are, and held to the same contract. Each is taken out of the
// package's own list and added by an integration, so that the suite drives the very source which the application has.

const OWN: ReadonlyArray<Type<Source>> = [HttpSource, TrackedWork];

type Use = Pick<WorkSourceApp, 'offer' | 'fateOf'>;

/** An integration whose source is one of the package's own. Only HTTP calls its work something that integrations may not. */
function adds(type: Type<Source>, kind: WorkSource['kind']): Integration {
  return {
    name: type.name,
    attach(host) {
      for (const { object } of host.objects()) {
        if (!(object instanceof type)) continue;
        object.discover?.();
        host.add(Object.create(object, { kind: { value: kind } }) as WorkSource);
      }
    },
  };
}

function rig(
  type: Type<Source>,
  kind: WorkSource['kind'],
  setup: HttpAppSetup,
  use: (app: HttpApp, work: (piece: string) => Promise<void>, fates: Map<string, PieceFate>) => Use,
): IntegrationRig {
  return {
    integration: adds(type, kind),
    // What has been accepted is never refused: HTTP serves until its servers close, after `finished` has resolved, and
    // tracked work is begun by what has been accepted elsewhere.
    takesUntil: 'always',
    async start({ integrations, work }) {
      @Controller('pieces')
      class Pieces {
        @Get(':piece')
        async take(@Param('piece') piece: string): Promise<string> {
          await work(piece);
          return 'done';
        }
      }

      const ownSources = OWN.filter((own) => own !== type);
      const module = { controllers: [Pieces] };
      const app = await HttpApp.start({ ...setup, integrations, ownSources, module });
      return { ...use(app, work, new Map()), close: () => app.close() };
    },
  };
}

const pathOf = (piece: string) => `/pieces/${encodeURIComponent(piece)}`;
const told = (status: number): PieceFate => (status === 200 ? 'completed' : 'failed');

/** Each request comes from a client of its own, as from the many that a load balancer stands for. */
describe.each<HttpAppSetup['platform']>(['Express', 'Fastify'])('HTTP/1.1 on %s', (platform) => {
  itKeepsTheContract(
    rig(HttpSource, 'message', { platform }, (app, _work, fates) => ({
      async offer(piece) {
        const { port } = app;
        const sent = request({ port, host: '127.0.0.1', path: pathOf(piece), agent: false });
        sent.on('response', (response) => {
          response.resume();
          fates.set(piece, told(response.statusCode ?? 0));
        });
        sent.on('error', () => fates.set(piece, 'failed'));
        sent.end();
        await once(sent, 'finish');
      },
      fateOf: (piece) => fates.get(piece),
    })),
  );
});

describe('HTTP/2', () => {
  itKeepsTheContract(
    rig(HttpSource, 'message', H2C, (app, _work, fates) => ({
      async offer(piece) {
        const session = connect(`http://127.0.0.1:${app.port}`);
        session.on('error', () => fates.set(piece, 'failed'));
        await once(session, 'connect');
        const stream = session.request({ ':path': pathOf(piece) });
        stream.on('response', ({ ':status': status }) => fates.set(piece, told(status ?? 0)));
        stream.on('error', () => fates.set(piece, 'failed'));
        stream.on('close', () => session.close());
        stream.resume();
      },
      fateOf: (piece) => fates.get(piece),
    })),
  );
});

describe('tracked work', () => {
  itKeepsTheContract(
    rig(TrackedWork, 'work', { platform: 'Express' }, (app, work, fates) => ({
      offer(piece) {
        const tracked = app.graceful.track(() => work(piece));
        tracked.then(
          () => fates.set(piece, 'completed'),
          () => fates.set(piece, 'failed'),
        );
      },
      fateOf: (piece) => fates.get(piece),
    })),
  );
});
