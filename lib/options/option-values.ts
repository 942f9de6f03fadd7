import { InvalidOptionError } from '../errors/invalid-option.error.js';
import type { Integration } from '../engine/integration.js';
import { checkArray } from './option-checks.js';

/** The option `sseLastEvent`. */
export function checkEvent(name: string, event: unknown): void {
  if (event === undefined) return;
  const { type, data, comment } = (event ?? {}) as Record<string, unknown>;
  if (typeof comment === 'string' && type === undefined && data === undefined) return;
  const hasType = type === undefined || (typeof type === 'string' && !/[\r\n]/.test(type));
  if (hasType && typeof data === 'string') return;
  throw new InvalidOptionError(
    name,
    'an object with a string `data`, and a `type` of one line if any; or with a `comment`',
    event,
    "Pass { type: 'bye', data: '' } or { comment: 'bye' } or the like.",
  );
}

/** The option `integrations`. */
export function checkIntegrations(name: string, value: unknown): void {
  const all = checkArray(name, value, 'an array of integrations');
  for (const [index, integration] of all.entries()) {
    const { name: own, attach } = (integration ?? {}) as Partial<Integration>;
    if (typeof own === 'string' && typeof attach === 'function') continue;
    throw new InvalidOptionError(
      `${name}[${index}]`,
      'an object with `name` and `attach(host)`',
      integration,
      typeof integration === 'function'
        ? 'Pass an instance of it: see the interface Integration.'
        : 'See the interface Integration.',
    );
  }
}
