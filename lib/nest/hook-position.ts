import type { Type } from '@nestjs/common';
import type { ModulesContainer } from '@nestjs/core';

/**
 * Nest runs its hooks module by module, sorted by `Module.distance`: shutdown hooks ascending, init hooks descending
 * (core 11 and 12, nest-application-context.js `getModulesToTriggerHooksOn`). The list is made at the first init hook,
 * so this must happen in a constructor. `@Global()` would set the distance to the maximum: last at shutdown.
 *
 * The module's shutdown hooks come before those of all others, and its init hooks after.
 */
export function placeFirst(modules: ModulesContainer, metatype: Type): void {
  place(modules, metatype, -1);
}

/** The module's shutdown hooks come after those of all others, and its init hooks before. */
export function placeLast(modules: ModulesContainer, metatype: Type): void {
  place(modules, metatype, Infinity);
}

function place(modules: ModulesContainer, metatype: Type, distance: number): void {
  for (const module of modules.values()) {
    if (module.metatype === metatype) module.distance = distance;
  }
}
