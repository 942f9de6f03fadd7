import { moduleCopyOf } from '../../copies/module-mark.js';

interface DynamicModule {
  readonly module: object;
  readonly imports?: readonly unknown[];
}

/** What `@nestjs/common` 11 and 12 keep the imports of a module class under (`MODULE_METADATA.IMPORTS`). */
const IMPORTS = 'imports';

/** reflect-metadata's part of `Reflect`, which Nest has loaded. */
interface Metadata {
  getMetadata(key: string, target: object): unknown;
  defineMetadata(key: string, value: unknown, target: object): void;
}
const metadata = Reflect as unknown as Metadata;

/** Whether `GracefulModule`, of any copy of this package, is among the imports of a module, or theirs. */
export async function hasModule(root: unknown): Promise<boolean> {
  const seen = new Set<unknown>([root]);
  for (const imported of seen) {
    const module = await opened(imported);
    if (moduleCopyOf(classOf(module)) !== undefined) return true;
    for (const further of importsOf(module)) seen.add(further); // a Set grows under its iteration
  }
  return false;
}

/** Does as the one line in the application's root module would. */
export async function withModule(root: unknown, graceful: unknown): Promise<unknown> {
  const module = await opened(root);
  if (isDynamic(module)) return { ...module, imports: [...(module.imports ?? []), graceful] };
  metadata.defineMetadata(IMPORTS, [...importsOf(module), graceful], module as object);
  return module;
}

/** Modules may be promised, and may be named before they are there. */
async function opened(imported: unknown): Promise<unknown> {
  const module = await imported;
  const { forwardRef } = (module ?? {}) as { forwardRef?: () => unknown };
  return forwardRef ? forwardRef() : module;
}

function isDynamic(module: unknown): module is DynamicModule {
  return typeof module === 'object' && module !== null && 'module' in module;
}

function classOf(module: unknown): unknown {
  return isDynamic(module) ? module.module : module;
}

function importsOf(module: unknown): readonly unknown[] {
  const metatype = classOf(module);
  if (typeof metatype !== 'function') return [];
  const declared = (metadata.getMetadata(IMPORTS, metatype) ?? []) as readonly unknown[];
  return isDynamic(module) ? [...declared, ...(module.imports ?? [])] : declared;
}
