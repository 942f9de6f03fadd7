/** The same in CommonJS, with a root module that is dynamic, and promised. */
require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');

class Store {
  onModuleDestroy(): void {}
}
class AppModule {
  readonly name = 'root';
}
Module({ providers: [Store] })(AppModule);

async function bootstrap(): Promise<void> {
  const root = Promise.resolve({ module: AppModule, providers: [{ provide: 'X', useValue: 1 }] });
  const app = await NestFactory.create(root);
  await app.listen(process.env['PORT'] ?? 3000);
}
void bootstrap();
