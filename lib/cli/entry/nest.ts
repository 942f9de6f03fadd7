import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { Factory } from './factory.js';

/** `@nestjs/core`, as far as it is used. */
export interface Core {
  readonly NestFactory: Factory;
  readonly NestApplicationContext: { readonly prototype: Record<string, unknown> };
}

/**
 * The application's own copy of a package: what its program gets by `import` and by `require`.
 *
 * @throws when there is none
 */
async function own<T>(entry: string, name: string): Promise<T> {
  const file = createRequire(entry).resolve(name);
  const loaded = (await import(pathToFileURL(file).href)) as T & { readonly default?: T };
  // Of CommonJS, names that can't be seen in its text are on its default export only.
  return { ...loaded.default, ...loaded };
}

export const coreOf = (entry: string): Promise<Core> => own(entry, '@nestjs/core');

export const injectorOf = (entry: string) =>
  own<{ readonly Injector: { readonly prototype: never } }>(
    entry,
    '@nestjs/core/injector/injector.js',
  );
