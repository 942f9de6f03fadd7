import { ConfigurableModuleBuilder } from '@nestjs/common';
import { InvalidOptionError } from './errors/invalid-option.error.js';
import type { GracefulOptions } from './options/graceful-options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<GracefulOptions>({ moduleName: 'Graceful' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createGracefulOptions')
    .build();

/** What a class given to `forRootAsync({ useClass })` or `{ useExisting }` implements. */
export interface GracefulOptionsFactory {
  createGracefulOptions(): GracefulOptions | Promise<GracefulOptions>;
}

/** Nest itself would say nothing, and inject `undefined`. */
export function refuseNoFactory(options: unknown): void {
  const { useFactory, useClass, useExisting } = (options ?? {}) as Record<string, unknown>;
  if (useFactory ?? useClass ?? useExisting) return;
  throw new InvalidOptionError(
    'the options of forRootAsync()',
    'an object with `useFactory`, `useClass` or `useExisting`',
    options,
    'Write forRootAsync({ useFactory: () => ({ … }) }), or forRoot() when there is nothing to wait for.',
  );
}
