/** Runs the code of the README's section on order: the files beside this one are its blocks, word for word. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { ImportService } from './import.service.js';

const app = await NestFactory.create(AppModule);
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
app.get(ImportService).start(['a.csv', 'b.csv', 'c.csv']);
console.log('started');
