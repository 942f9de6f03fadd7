import { ConfigurableModuleBuilder } from '@nestjs/common';
import type { GracefulOptions } from './options/graceful-options.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { ProcessPort } from './process/process-port.js';
import type { Clock } from './time/clock.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } =
  new ConfigurableModuleBuilder<GracefulOptions>({ moduleName: 'Graceful' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createGracefulOptions')
    .build();

/** What a class given to `forRootAsync({ useClass })` or `{ useExisting }` implements. */
export interface GracefulOptionsFactory {
  createGracefulOptions(): GracefulOptions | Promise<GracefulOptions>;
}

/** Token of the options with all defaults filled in. @internal */
export const RESOLVED_OPTIONS = Symbol.for('nestjs-graceful:options');
/** Token of the port to time. @internal */
export const CLOCK = Symbol.for('nestjs-graceful:clock');
/** Token of the port to the process. @internal */
export const PROCESS_PORT = Symbol.for('nestjs-graceful:process');

/** Token of the integrations that come with the package. @internal */
export const BUILT_IN = Symbol.for('nestjs-graceful:built-in-integrations');

export type { Clock, ProcessPort, ResolvedOptions };
