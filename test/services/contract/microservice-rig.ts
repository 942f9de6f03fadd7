import { Controller, type Type } from '@nestjs/common';
import {
  MessagePattern,
  Payload,
  type ClientOptions,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { lastValueFrom, type Observable } from 'rxjs';
import { microservices } from '../../../lib/integrations/microservices/microservices.integration.js';
import type { IntegrationRig, WorkSourceApp } from '../../../lib/testing/integration-rig.js';
import { RpcApp } from '../microservices/rpc-app.js';
import { unique } from '../servers.js';
import { Fates } from './http-rig.js';

type Settings = Omit<IntegrationRig, 'integration' | 'start'>;
type DoWork = (piece: string) => Promise<void>;
type Use = Pick<WorkSourceApp, 'offer' | 'fateOf'>;

/** How a transport is used: its server, what handles its messages, and who sends them. */
export interface Usage {
  readonly microservice: MicroserviceOptions;
  readonly controller: Type;
  readonly use: (app: RpcApp) => Use | Promise<Use>;
}

let count = 0;

/** A rig for a microservice; each application has a name of its own, for its patterns or its queue. */
export function microserviceRig(
  settings: Settings,
  usage: (name: string, work: DoWork) => Usage,
): IntegrationRig {
  return {
    integration: microservices,
    quietMs: 20,
    ...settings,
    async start({ integrations, work }) {
      const prefix = `${unique('contract')}_${(count += 1)}`;
      const { microservice, controller, use } = usage(prefix, work);
      const setup = { microservice, prefix, controllers: [controller], integrations };
      const app = await RpcApp.start(setup);
      return { ...(await use(app)), close: () => app.close() };
    },
  };
}

/** What Nest's clients and servers of a transport are told; a server that listens knows what its clients need. */
interface Transporter {
  readonly server: (name: string) => MicroserviceOptions;
  readonly client: (app: RpcApp, name: string) => ClientOptions | Promise<ClientOptions>;
}

/** A rig for a transport with answers: what became of a piece is what its caller has been told. */
export function answeringRig(
  { server, client }: Transporter,
  settings: Settings = {},
): IntegrationRig {
  return microserviceRig(settings, (name, work) => {
    const pattern = `${name}.piece`;
    return {
      microservice: server(name),
      controller: answeringDesk(pattern, work),
      async use(app) {
        const { proxy } = await app.connect(await client(app, name));
        return asking((piece) => proxy.send(pattern, piece));
      },
    };
  });
}

/** A controller that answers when a piece is done. */
export function answeringDesk(pattern: string, work: DoWork): Type {
  @Controller()
  class Desk {
    @MessagePattern(pattern)
    async answer(@Payload() piece: string): Promise<string> {
      await work(piece);
      return 'done';
    }
  }
  return Desk;
}

/** A caller that asks for each piece. */
export function asking(ask: (piece: string) => Observable<unknown>): Use {
  const fates = new Fates();
  return {
    offer: (piece) => fates.watch(piece, lastValueFrom(ask(piece))),
    fateOf: fates.of,
  };
}
