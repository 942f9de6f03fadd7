import type { IntegrationHost, WorkSource } from '../engine/integration.js';

/** The host as one integration sees it, so that what it adds is known to be found by it. */
export function hostOf(
  host: IntegrationHost & { readonly options: { readonly maxConnectionAgeMs: number } },
  add: (source: WorkSource) => void,
): IntegrationHost {
  return {
    clock: host.clock,
    grpcMethods: host.grpcMethods,
    maxConnectionAgeMs: host.options.maxConnectionAgeMs,
    get hurry() {
      return host.hurry;
    },
    add,
    objects: () => host.objects(),
    counter: () => host.counter(),
    drained: () => host.drained(),
    onLook: (callback) => host.onLook?.(callback),
    onRpcServer: (callback) => host.onRpcServer(callback),
    onGateways: (observer) => host.onGateways?.(observer),
    onHttp2Server: host.onHttp2Server?.bind(host),
  };
}
