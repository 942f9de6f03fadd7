import type { FactoryMethod } from './job.js';

const METHODS: readonly FactoryMethod[] = [
  'create',
  'createMicroservice',
  'createApplicationContext',
];

/** `NestFactory`: one object for everybody who imports or requires the same copy of `@nestjs/core`. */
export type Factory = Record<FactoryMethod, (root: unknown, ...rest: unknown[]) => Promise<object>>;

export interface FactoryHooks {
  /** @returns the root module that the application is made of */
  readonly before: (root: unknown) => Promise<unknown>;
  /** @returns what the program gets for its application */
  readonly after: (application: object, method: FactoryMethod) => Promise<object>;
}

/** Stands between the program and `NestFactory`, from now on. */
export function interceptFactory(factory: Factory, { before, after }: FactoryHooks): void {
  for (const method of METHODS) {
    const original = factory[method].bind(factory);
    factory[method] = async (root, ...rest) =>
      after(await original(await before(root), ...rest), method);
  }
}
