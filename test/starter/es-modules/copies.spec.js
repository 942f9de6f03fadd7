import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { GracefulHealthIndicator, GracefulModule } from 'nestjs-graceful';
import { GracefulModule as OfLibrary, Outbox } from './library.cjs';

it('a library that got another copy of the package takes part all the same', async () => {
  const imports = [GracefulModule.forRoot()];
  const fixture = await Test.createTestingModule({ imports, providers: [Outbox] }).compile();
  const app = fixture.createNestApplication();
  await app.init();
  const { graceful } = await app.get(GracefulHealthIndicator).isReady();
  expect(graceful).toMatchObject({ status: 'down', checks: { outbox: { status: 'down' } } });

  await app.close();

  expect(app.get(Outbox).flushed).toBe('draining');
});

it('and a second forRoot() of it is refused', async () => {
  class Library {}
  Module({ imports: [OfLibrary.forRoot()] })(Library);
  const imports = [GracefulModule.forRoot({ gracePeriodMs: 20_000 }), Library];
  const compiled = Test.createTestingModule({ imports }).compile();

  await expect(compiled).rejects.toMatchObject({ code: 'GRACEFUL_DUPLICATE_MODULE' });
  const { copies } = await compiled.catch((error) => error);
  expect(new Set(copies).size).toBe(GracefulModule === OfLibrary ? 1 : 2);
});
