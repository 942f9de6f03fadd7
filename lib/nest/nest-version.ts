import * as common from '@nestjs/common';
import { createRequire } from 'node:module';
import { UnsupportedNestError } from '../errors/unsupported-nest.error.js';

/** The lowest version of Nest that this package supports: of the peers in package.json. */
const NEEDED = '11.0.0';

/**
 * Refuses Nest 10 and older before anything else can fail there: package managers may only warn of the peers, and what
 * fails first otherwise is Express 4, with a text that names neither.
 *
 * @param from the file whose Nest it is
 * @throws UnsupportedNestError
 */
export function refuseOldNest(from: string): void {
  // An export that came with Nest 11.0.0. By what there is, because in a bundle no file says the version.
  if (Reflect.has(common, 'IntrinsicException')) return;
  const found = versionOf('@nestjs/core', from);
  if (found === undefined || Number.parseInt(found, 10) < Number.parseInt(NEEDED, 10)) {
    throw new UnsupportedNestError(found, NEEDED);
  }
}

function versionOf(name: string, from: string): string | undefined {
  try {
    const manifest: unknown = createRequire(from)(`${name}/package.json`);
    return String((manifest as { version?: unknown }).version);
  } catch {
    return undefined; // bundled, or a place of another form
  }
}
