import type { DynamicModule } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** How often a dynamic module is registered, and the modules whose `imports` name it. */
export interface Registrations {
  readonly count: number;
  readonly importers: readonly string[];
  /** The classes that are registered: more than one when several copies of the package are. */
  readonly metatypes: readonly unknown[];
}

/** Nest makes one module of each different registration; `Module.imports` is no help, every module imports a global one. */
export function registrationsOf(
  modules: ModulesContainer,
  isWanted: (metatype: unknown) => boolean,
): Registrations {
  const all = [...modules.values()];
  const registered = all.map(({ metatype }) => metatype).filter(isWanted);
  return {
    count: registered.length,
    importers: all.filter((module) => names(module.metatype, isWanted)).map(({ name }) => name),
    metatypes: [...new Set(registered)],
  };
}

/** What `@Module({ imports })` holds is kept under this key (common 11 and 12, MODULE_METADATA.IMPORTS). */
function names(importer: object, isWanted: (metatype: unknown) => boolean): boolean {
  const imports = (Reflect.getMetadata('imports', importer) ?? []) as Array<object | DynamicModule>;
  return imports.some((entry) => isWanted(entry) || ('module' in entry && isWanted(entry.module)));
}
