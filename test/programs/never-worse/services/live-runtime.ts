import {
  Controller,
  Get,
  Injectable,
  Module,
  Sse,
  type MessageEvent,
  type OnModuleDestroy,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { setTimeout as sleep } from 'node:timers/promises';
import { interval, map, take, type Observable } from 'rxjs';
import { listen, settings, tell, theModule } from '../pair.js';

/** Over which protocol its clients come; the same program runs on Node, Bun and Deno. */
const {
  protocol,
  tls,
  gracePeriodMs = 6_000,
} = settings as {
  readonly protocol?: 'http' | 'h2c' | 'h2' | 'ws' | 'socket.io';
  readonly gracePeriodMs?: number;
  readonly tls?: { readonly key: string; readonly cert: string };
};

@Injectable()
class Pool implements OnModuleDestroy {
  open = true;

  async work(ms: number): Promise<string> {
    tell('begun');
    await sleep(ms);
    return this.open ? 'answered' : 'the pool was closed';
  }

  onModuleDestroy(): void {
    this.open = false;
    tell('destroyed');
  }
}

@Controller()
class Work {
  constructor(private readonly pool: Pool) {}

  @Get('fast')
  fast(): string {
    return 'fast';
  }

  @Get('slow')
  async slow(): Promise<string> {
    return this.pool.work(600);
  }

  @Get('hangs')
  async hangs(): Promise<void> {
    tell('begun');
    await new Promise(() => undefined);
  }

  /** Ends by itself. */
  @Sse('progress')
  progress(): Observable<MessageEvent> {
    tell('begun');
    return interval(100).pipe(
      take(8),
      map((step) => ({ data: step === 7 && this.pool.open ? '[DONE]' : `step ${step}` })),
    );
  }

  /** Never ends. */
  @Sse('ticks')
  ticks(): Observable<MessageEvent> {
    tell('begun');
    return interval(50).pipe(map((tick) => ({ data: `tick ${tick}` })));
  }
}

@WebSocketGateway()
class Desk {
  constructor(private readonly pool: Pool) {}

  @SubscribeMessage('work')
  async answer(): Promise<{ event: string; data: string }> {
    return { event: 'done', data: await this.pool.work(600) };
  }
}

const onSockets = protocol === 'ws' || protocol === 'socket.io';

@Module({
  imports: theModule({ gracePeriodMs }),
  controllers: [Work],
  providers: [Pool, ...(onSockets ? [Desk] : [])],
})
class App {}

const app = await (settings.platform === 'fastify'
  ? NestFactory.create(App, fastify(), { logger: ['warn', 'error', 'log'] })
  : NestFactory.create(App, { logger: ['warn', 'error', 'log'] }));
if (onSockets) {
  app.useWebSocketAdapter(protocol === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
}
app.enableShutdownHooks(['SIGTERM']); // by name, for Deno
await listen(app);

function fastify(): FastifyAdapter {
  if (protocol === 'h2c') return new FastifyAdapter({ http2: true });
  if (protocol === 'h2') return new FastifyAdapter({ http2: true, https: tls ?? {} });
  return new FastifyAdapter();
}
