import { KUBERNETES_RULES } from './catalogue-kubernetes.js';
import { PLATFORM_RULES } from './catalogue-platforms.js';
import type { RuleRow } from './rule-row.js';

/** Every rule, by its id, in the order of the documentation. */
export const CATALOGUE = { ...KUBERNETES_RULES, ...PLATFORM_RULES };

export type RuleId = keyof typeof CATALOGUE;

export function isRule(id: string): id is RuleId {
  return Object.hasOwn(CATALOGUE, id);
}

export function ruleOf(id: RuleId): RuleRow {
  return CATALOGUE[id];
}

/** Whether a pattern, such as `pm2/*`, an id or `all`, names a rule. */
export function names(pattern: string, id: string): boolean {
  if (pattern === 'all' || pattern === id) return true;
  return pattern.endsWith('/*') && id.startsWith(pattern.slice(0, -1));
}
