import { NestFactory } from '@nestjs/core';
import { Logger, type LogLevel } from '@nestjs/common';
import { AppModule } from './app.module.js';

// LOG_LEVELS=log,warn,error,debug shows every single call to the database.
const levels = (process.env.LOG_LEVELS ?? 'log,warn,error').split(',') as LogLevel[];

const app = await NestFactory.create(AppModule, { logger: levels });
app.enableShutdownHooks();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
new Logger('Main').log(`listening on ${await app.getUrl()}`);
