import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { GraphQLModule, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import { createApplication, listen, settings, theModule } from '../pair.js';

/** Says who it is: for ever, or once. */
@Resolver()
class Names {
  @Query(() => Int)
  now(): number {
    return process.pid;
  }

  @Subscription(() => Int)
  async *name() {
    for (;;) {
      yield { name: process.pid };
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  @Subscription(() => Int)
  async *once() {
    yield { once: process.pid };
  }
}

const schema =
  settings.platform === 'fastify'
    ? GraphQLModule.forRoot<MercuriusDriverConfig>({
        driver: MercuriusDriver,
        autoSchemaFile: true,
        subscription: { fullWsTransport: true },
      })
    : GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        subscriptions: { 'graphql-ws': true },
      });

@Module({ imports: [schema, ...theModule()], providers: [Names] })
class App {}

await listen(await createApplication(App, { logger: ['warn', 'error', 'log'] }));
