import { Controller, Get, Module, Res } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { createApplication, listen, tell, theModule } from './pair.js';

type Reply = ServerResponse & { raw?: ServerResponse };

/** A long poll: the response is kept until there is news, and forgotten when its client leaves. */
@Controller('poll')
class News {
  private readonly waiting = new Set<ServerResponse>();

  @Get()
  poll(@Res() reply: Reply): void {
    const response = reply.raw ?? reply;
    this.waiting.add(response);
    response.on('close', () => {
      this.waiting.delete(response);
      tell('left');
    });
    tell('begun');
  }
}

@Module({ imports: theModule(), controllers: [News] })
class App {}

await listen(await createApplication(App, { logger: ['error', 'warn', 'log'] }));
