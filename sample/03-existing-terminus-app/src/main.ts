import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

// For the comparison only: an app has one of the two.
const { AppModule } = await (process.env.BEFORE
  ? import('./app.module.before.js')
  : import('./app.module.js'));

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
new Logger('Main').log(`listening on ${await app.getUrl()}`);
