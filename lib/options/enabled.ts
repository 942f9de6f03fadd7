import { InvalidOptionError } from '../errors/invalid-option.error.js';

/** The environment variable that switches the module off, so that it takes no new build to do so. */
export const ENABLED_VARIABLE = 'GRACEFUL_ENABLED';

const VALUES: Readonly<Record<string, boolean>> = { '': true, true: true, false: false };

/** @throws InvalidOptionError when the variable is neither true nor false */
export function isEnabledBy(env: NodeJS.ProcessEnv): boolean {
  const text = env[ENABLED_VARIABLE] ?? '';
  const enabled = Object.hasOwn(VALUES, text) ? VALUES[text] : undefined;
  if (enabled !== undefined) return enabled;
  throw new InvalidOptionError(
    ENABLED_VARIABLE,
    'true or false',
    text,
    'Set it to false to leave the shutdown to Nest, or remove it.',
  );
}
