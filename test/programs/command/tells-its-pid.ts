/** Writes its number into the file that it is given, so that a test can look for it. */
import 'reflect-metadata';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { appendFileSync } from 'node:fs';

@Controller()
class Root {
  @Get()
  root(): string {
    return 'here';
  }
}

@Module({ controllers: [Root] })
class AppModule {}

appendFileSync(process.argv[2], `${process.pid}\n`);
const app = await NestFactory.create(AppModule);
await app.listen(3000);
