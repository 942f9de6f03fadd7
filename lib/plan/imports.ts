import type { Components } from '../engine/components.js';
import type { ShutdownTask } from '../engine/task.js';
import type { ProviderNode } from '../nest/provider-node.js';
import type { Dispatching } from './dispatching.js';
import type { Edges } from './edges.js';
import type { Layer } from './layer.js';
import { Nearest } from './nearest.js';

type Module = ProviderNode['host'];

export interface LayerOfImports {
  readonly layer: Layer;
  readonly dispatching: Dispatching;
  /** Nothing that dispatching wishes was refused. */
  readonly isPlain: boolean;
}

/** The tasks of each component of modules. */
type ByComponent = ReadonlyMap<number, readonly ShutdownTask[]>;

/**
 * Each provider comes before those of the modules that its own imports, directly or not: `ProviderPairs.imports()`.
 *
 * That is less than who calls others by discovery, and contradicts it often: whose module imports that of the event bus
 * need not use it. Such pairs are left out from the start, or all of the application would be in one circle: a provider
 * that uses a bus comes before it and so before all those that do not, whatever their modules import.
 */
export function importsCompactly(
  { layer, dispatching, isPlain }: LayerOfImports,
  modules: Components<Module>,
  edges: Edges,
): void {
  const isPlainToAll = isPlain && dispatching.isPlain;
  const kinds = new Map<string, Map<number, ShutdownTask[]>>();
  for (const [node, tasks] of layer) {
    const kind = isPlainToAll ? dispatching.kindOf(node) : '';
    const number = modules.numberOf.get(node.host);
    if (number === undefined) continue;
    const byComponent = kinds.get(kind) ?? new Map<number, ShutdownTask[]>();
    kinds.set(kind, byComponent);
    const known = byComponent.get(number);
    if (known) known.push(...tasks);
    else byComponent.set(number, [...tasks]);
  }
  for (const [kind, targets] of kinds) {
    const nearest = new Nearest(modules, (number) => targets.get(number) ?? [], edges);
    for (const [other, sources] of kinds) {
      if (mayComeBefore(other, kind)) linkAll(sources, nearest);
    }
  }
}

function linkAll(sources: ByComponent, nearest: Nearest): void {
  for (const [number, tasks] of sources) nearest.link(number, tasks);
}

/** Whether it uses all homes that the other uses. */
function mayComeBefore(kind: string, other: string): boolean {
  if (kind === other) return true;
  if (isDispatcher(kind) || isDispatcher(other)) return false;
  const used = new Set(kind.split(','));
  return other === '' || other.split(',').every((home) => used.has(home));
}

function isDispatcher(kind: string): boolean {
  return kind === 'entered' || kind === 'dispatching';
}
