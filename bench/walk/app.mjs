// One request in flight at SIGTERM; what was walked through since is written to a file as the last thing.
import { writeFileSync } from 'node:fs';

const walked = [];
let since = Infinity;
globalThis.walked = (file) => {
  if (since === 0) walked.push(file);
};
const { Controller, Get, Module } = await import('@nestjs/common');
const { NestFactory } = await import('@nestjs/core');
const { GracefulModule } = await import(new URL('dist/index.js', import.meta.url).href);

class SlowController {
  async slow() {
    process.send({ inFlight: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
    return 'done';
  }
}
Controller()(SlowController);
Get('slow')(
  SlowController.prototype,
  'slow',
  Object.getOwnPropertyDescriptor(SlowController.prototype, 'slow'),
);
class AppModule {
  name = 'walk';
}
Module({ imports: [GracefulModule.forRoot()], controllers: [SlowController] })(AppModule);

// Not a listener of its own, which the module would follow.
const emit = process.emit.bind(process);
process.emit = function (name, ...args) {
  if (name === 'SIGTERM') since = 0;
  return emit(name, ...args);
};
const app = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
app.enableShutdownHooks();
process.on('exit', () => writeFileSync('walked.json', JSON.stringify(walked)));
await app.listen(0, '127.0.0.1');
process.send({ port: app.getHttpServer().address().port });
