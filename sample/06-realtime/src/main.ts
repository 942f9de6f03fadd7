import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { AppModule } from './app.module.js';
import { PlainAppModule } from './plain-app.module.js';

// For the comparison only: an app has one of the two.
const app = await NestFactory.create(process.env.GRACEFUL === 'off' ? PlainAppModule : AppModule);
app.useWebSocketAdapter(new WsAdapter(app));
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
new Logger('Main').log(`listening on ${await app.getUrl()}`);
