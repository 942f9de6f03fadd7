import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Service } from './services.js';

/** Something else than Node that runs programs written for it. */
export interface Runtime extends Service {
  /** What comes before the path of the program. */
  readonly command: readonly string[];
}

const folder = fileURLToPath(new URL('../.cache/runtimes/', import.meta.url));

/** The files themselves: what is in `.bin` may be a script that passes no signals on. */
const bun = `${folder}node_modules/bun/bin/bun.exe`;
const deno = `${folder}node_modules/deno/deno`;
const hint = 'Remove test/.cache/runtimes.sha256 and run `npm run prepare:tests`, with a network.';

export const RUNTIMES: readonly Runtime[] = [
  {
    name: 'Bun',
    available: existsSync(bun),
    command: [bun, `--tsconfig-override=${folder}tsconfig.json`],
    hint,
  },
  { name: 'Deno', available: existsSync(deno), command: [deno, 'run', '-A'], hint },
];
