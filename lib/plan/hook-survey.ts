import type { ProviderGraph } from '../nest/provider-graph.js';
import { shutdownHooksOf, type ShutdownHook } from '../nest/shutdown-hooks.js';

/** Which objects have which of Nest's shutdown hooks at a moment: libraries put hooks on their objects as they start. */
export type HookSurvey = ReadonlyMap<object, readonly ShutdownHook[]>;

/** Looks at all objects but those of this package. */
export function surveyHooks(graph: ProviderGraph, except: ReadonlySet<object>): HookSurvey {
  const found = new Map<object, readonly ShutdownHook[]>();
  for (const object of graph.objects()) {
    const hooks = shutdownHooksOf(object);
    if (hooks.length > 0 && !except.has(object)) found.set(object, hooks);
  }
  return found;
}

/** Whether two looks have seen the same. */
export function isSameSurvey(one: HookSurvey, other: HookSurvey): boolean {
  if (one.size !== other.size) return false;
  for (const [object, hooks] of one) {
    if (other.get(object)?.join() !== hooks.join()) return false;
  }
  return true;
}
