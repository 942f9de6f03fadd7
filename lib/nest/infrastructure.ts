import { DiscoveryModule, ModuleRef, ModulesContainer } from '@nestjs/core';

/**
 * Nest's own objects from which the whole container can be reached: its modules, what finds providers in them, and the
 * providers of its core module, which is the one that provides `ModulesContainer` (core 11 and 12,
 * internal-core-module.js). By token, because bundlers rename classes.
 */
export function infrastructureOf(modules: ModulesContainer): Set<object> {
  const found = new Set<object>([modules]);
  const add = (instance: unknown) => {
    if (typeof instance === 'object' && instance !== null) found.add(instance);
  };
  for (const module of modules.values()) {
    found.add(module);
    const isNests = module.providers.has(ModulesContainer) || module.metatype === DiscoveryModule;
    if (isNests) for (const { instance } of module.providers.values()) add(instance);
    else add(module.providers.get(ModuleRef)?.instance);
  }
  return found;
}
