import type { Constructed } from './job.js';
import { placeOf } from './making.js';

/** Of `InstanceWrapper` (core 11 and 12). */
interface Wrapper {
  readonly token: unknown;
  readonly host?: { readonly name: string; readonly metatype: unknown };
  /** What a factory injects; null for a class. */
  readonly inject?: readonly unknown[] | null;
  readonly metatype?: unknown;
  readonly isAlias?: boolean;
}

interface Module {
  readonly name: string;
  readonly providers: ReadonlyMap<unknown, Wrapper>;
  readonly controllers: ReadonlyMap<unknown, Wrapper>;
}

/** An application of Nest's (core 11 and 12, nest-application-context.js). */
interface Application {
  readonly container: { getModules(): ReadonlyMap<string, Module> };
}

/** Modules of Nest itself, and of this package. */
const NOT_THE_USERS = /^(InternalCoreModule|DiscoveryModule|GracefulModule|EdgeHooksModule)\d*$/;

/** What Nest has made by now, without what every application has. */
export function constructedOf(application: object): Constructed {
  const all = [...(application as Application).container.getModules().values()];
  const modules = all.filter(({ name }) => !NOT_THE_USERS.test(name));
  const providers = modules.flatMap((module) => [...module.providers.values()]).filter(isMade);
  const controllers = modules.flatMap((module) => [...module.controllers.values()]);
  return {
    modules: modules.length,
    providers: providers.length + controllers.length,
    factories: providers.filter(isFactory).map(placeOf),
  };
}

/** All but what Nest puts into every module (core 11 and 12, module.js `addCoreProviders`), its class among that. */
function isMade({ token, host, metatype }: Wrapper): boolean {
  const name = typeof token === 'function' ? token.name : '';
  return !(name === 'ModuleRef' || name === 'ApplicationConfig' || metatype === host?.metatype);
}

function isFactory({ inject, isAlias }: Wrapper): boolean {
  return Array.isArray(inject) && !isAlias;
}
