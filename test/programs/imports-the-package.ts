// An ESM application with the packed package in it: starts, answers one request, closes, and ends by itself.
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as graceful from 'nestjs-graceful';
import { createRequire } from 'node:module';

const { GracefulModule } = graceful;

@Controller()
class GreetingController {
  @Get('greeting')
  greeting(): string {
    return 'hello';
  }
}

@Module({
  imports: [GracefulModule.forRoot()],
  controllers: [GreetingController],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false });
await app.listen(0, '127.0.0.1');
const answer = await (await fetch(`${await app.getUrl()}/greeting`)).text();
await app.close();

const { version } = createRequire(import.meta.url)('@nestjs/core/package.json') as {
  version: string;
};
console.log(
  JSON.stringify({
    answer,
    nest: version,
    packageFile: import.meta.resolve('nestjs-graceful'),
    exports: Object.keys(graceful).toSorted(),
  }),
);
