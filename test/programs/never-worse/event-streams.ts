import {
  Controller,
  Injectable,
  Module,
  Post,
  Res,
  Sse,
  type BeforeApplicationShutdown,
  type MessageEvent,
  type OnModuleDestroy,
} from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { finalize, interval, map, Subject, take, type Observable } from 'rxjs';
import type { GracefulOptions } from 'nestjs-graceful';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

type Reply = ServerResponse & { raw?: ServerResponse; hijack?: () => void };

@Injectable()
class Database implements OnModuleDestroy {
  private open = true;

  async writeDown(): Promise<void> {
    await sleep(50);
    tell(this.open ? 'written' : 'lost');
  }

  onModuleDestroy(): void {
    this.open = false;
    tell('closed');
  }
}

@Controller()
class Streams {
  constructor(private readonly database: Database) {}

  /** The answer of a language model. */
  @Post('chat')
  async chat(@Res() reply: Reply): Promise<void> {
    reply.hijack?.();
    const response = reply.raw ?? reply;
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    for (let token = 0; token < 10; token += 1) {
      response.write(`data: token ${token}\n\n`);
      await sleep(100);
    }
    response.end('data: [DONE]\n\n');
  }

  @Sse('progress')
  progress(): Observable<MessageEvent> {
    return interval(100).pipe(
      take(10),
      map((step) => ({ data: step === 9 ? '[DONE]' : `step ${step}` })),
    );
  }

  @Sse('ticks')
  ticks(): Observable<MessageEvent> {
    return interval(50).pipe(
      map((tick) => ({ data: `tick ${tick}` })),
      finalize(() => void this.database.writeDown()),
    );
  }
}

/** Says goodbye itself, in a hook. */
@Controller('news')
class News implements BeforeApplicationShutdown {
  private readonly news = new Subject<MessageEvent>();

  @Sse()
  stream(): Observable<MessageEvent> {
    setTimeout(() => this.news.next({ data: 'hello' }), 50);
    return this.news;
  }

  beforeApplicationShutdown(): void {
    this.news.next({ data: 'goodbye' });
    this.news.complete();
  }
}

const { graceful = {} } = settings as { readonly graceful?: GracefulOptions };

@Module({
  imports: theModule({ gracePeriodMs: 8_000, ...graceful }),
  controllers: [settings['goodbye'] ? News : Streams],
  providers: [Database],
})
class App {}

await listen(await createApplication(App, { logger: ['error', 'warn', 'log'] }));
