/** An application whose process is busy with something else as the signal comes, and hears later what came meanwhile. */
import { Controller, Get, Module, Post } from '@nestjs/common';
import { createApplication, listen, tell, theModule } from './pair.js';

const BUSY_MS = 300;

@Controller()
class Notes {
  @Get()
  list(): string {
    return 'none yet';
  }

  @Post()
  store(): string {
    return 'stored';
  }
}

@Module({ imports: theModule(), controllers: [Notes] })
class App {}

process.on('SIGTERM', () => {
  tell('busy');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BUSY_MS);
});
await listen(await createApplication(App, { logger: ['warn', 'error', 'log'] }));
