import { Controller, Get, Module, Param } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createApplication, listen, settings, theModule } from './pair.js';

/** As it is in an application that has had health checks before: by a parameter. */
@Controller('health')
class Health {
  @Get(':check')
  check(@Param('check') check: string): { mine: string } {
    return { mine: check };
  }
}

/** A single-page application: its one page at every path that is nothing else. */
@Controller()
class Page {
  @Get('*')
  page(): string {
    return 'the page';
  }
}

const controllers = settings['page'] ? [Page] : [Health];

@Module({ imports: theModule(), controllers })
class App {}

const app = await createApplication(App, { logger: ['warn', 'error', 'log'] });
app.use('/health/startup', (_request: IncomingMessage, response: ServerResponse) => {
  response.end('by middleware');
});
await listen(app);
