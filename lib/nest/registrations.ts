import type { DynamicModule, Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/** How often a dynamic module is registered, and the modules whose `imports` name it. */
export interface Registrations {
  readonly count: number;
  readonly importers: readonly string[];
}

/** Nest makes one module of each different registration; `Module.imports` is no help, every module imports a global one. */
export function registrationsOf(modules: ModulesContainer, metatype: Type): Registrations {
  const all = [...modules.values()];
  return {
    count: all.filter((module) => module.metatype === metatype).length,
    importers: all.filter((module) => names(module.metatype, metatype)).map(({ name }) => name),
  };
}

/** What `@Module({ imports })` holds is kept under this key (common 11 and 12, MODULE_METADATA.IMPORTS). */
function names(importer: Type, imported: Type): boolean {
  const imports = (Reflect.getMetadata('imports', importer) ?? []) as Array<Type | DynamicModule>;
  return imports.some(
    (entry) => entry === imported || ('module' in entry && entry.module === imported),
  );
}
