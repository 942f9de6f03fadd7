// The same application as imports-the-package.ts in CommonJS, as most applications on Nest 11 are.
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import graceful = require('nestjs-graceful');
import { pathToFileURL } from 'node:url';

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

async function main(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: false });
  await app.listen(0, '127.0.0.1');
  const answer = await (await fetch(`${await app.getUrl()}/greeting`)).text();
  await app.close();

  const { version } = require('@nestjs/core/package.json') as { version: string };
  console.log(
    JSON.stringify({
      answer,
      nest: version,
      packageFile: pathToFileURL(require.resolve('nestjs-graceful')).href,
      exports: Object.keys(graceful).toSorted(),
    }),
  );
}

void main();
