import module from 'node:module';
import type { PeerData } from './peer-hooks.js';
import { redirected } from './peer-hooks.js';

interface HooksOfThread {
  resolve(
    specifier: string,
    context: object,
    next: (specifier: string, context?: object) => object,
  ): object;
}

/** Node 22.15 and 24 have it; in the thread of the program, and so for `require()` as well. */
const { registerHooks } = module as unknown as { registerHooks?: (hooks: HooksOfThread) => void };

/**
 * From now on, what this package imports is the application's own: with a second copy of Nest, which `npx` may have put
 * beside this package, nothing of the module would be known in the container.
 */
export function takePeersOf(data: PeerData): void {
  if (!registerHooks) {
    module.register('./peer-hooks.js', import.meta.url, { data });
    return;
  }
  registerHooks({
    resolve: (specifier, context, next) => next(specifier, redirected(specifier, context, data)),
  });
}
