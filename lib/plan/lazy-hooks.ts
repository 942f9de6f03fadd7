import type { Line } from '../log/line.js';
import { lazyModule } from '../log/order-lines.js';
import type { NestContainer } from '../nest/nest-container.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import type { HookOwner } from './hook-owners.js';

interface LazySearch {
  readonly find: (graph: ProviderGraph) => readonly HookOwner[];
  readonly say: (line: Line) => void;
}

/** Warns, once for each, of what has hooks or decorated methods in a module that is loaded from now on. */
export function watchLazyHooks(nest: NestContainer, { find, say }: LazySearch): void {
  const known = new Set<object>(nest.graph().modules);
  nest.onLazyModule(() => {
    const graph = nest.graph();
    for (const { node, tasks } of find(graph)) {
      if (known.has(node.host)) continue;
      for (const { task, hook } of tasks) {
        say(lazyModule({ task: task.name, site: task.site, isHook: hook !== undefined }));
      }
    }
    for (const module of graph.modules) known.add(module);
  });
}
