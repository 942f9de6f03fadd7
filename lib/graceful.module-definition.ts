import { ConfigurableModuleBuilder } from '@nestjs/common';
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
