import type { NestContainer } from '../nest/nest-container.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import type { HookOwner } from './hook-owners.js';

interface LazySearch {
  readonly find: (graph: ProviderGraph) => readonly HookOwner[];
  readonly warn: (text: string) => void;
}

/** Warns, once for each, of what has hooks or decorated methods in a module that is loaded from now on. */
export function watchLazyHooks(nest: NestContainer, { find, warn }: LazySearch): void {
  const known = new Set<object>(nest.graph().modules);
  nest.onLazyModule(() => {
    const graph = nest.graph();
    for (const { node, tasks } of find(graph)) {
      if (known.has(node.host)) continue;
      for (const { task, hook } of tasks) {
        const what = hook ? 'Nest does not call its hook' : 'it is left out';
        warn(
          `${task.name} is in a module that was loaded lazily (${task.site}): ${what} at shutdown. Import the module eagerly.`,
        );
      }
    }
    for (const module of graph.modules) known.add(module);
  });
}
