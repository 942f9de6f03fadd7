import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';
import { startArm, type Arm, type Cell } from './pair.js';
import { programPath } from './programs.js';
import type { Service } from './services.js';
import type { StartedProgram } from './started-program.js';

const at = (path: string) =>
  fileURLToPath(new URL(`../.cache/watt/node_modules/${path}`, import.meta.url));

const wattpm = at('wattpm/bin/cli.js');
/** Where this Node is not new enough for Watt. */
const ownNode = at(`node-${process.platform}-${process.arch}/bin/node`);

/** Platformatic Watt itself, from npm. */
export const WATT: Service = {
  name: 'Watt',
  available: existsSync(wattpm),
  hint: 'Remove test/.cache/watt.sha256 and run `npm run prepare:tests`, with a network.',
};

/**
 * `wattpm start` of an application: of one of a pair, by the program of its AppModule. Watt itself creates the application in
 * a worker thread, listens, and stops it. Resolves when it is served.
 */
export async function startInWatt(
  cell: Cell,
  arm: Arm,
  appModule: string,
): Promise<{ program: StartedProgram; port: number }> {
  const port = await freePort();
  const folder = dirname(programPath(cell.nestMajor, `never-worse/${appModule}`));
  const config = join(folder, `watt.${cell.platform}.json`);
  const runtime = {
    server: { hostname: '127.0.0.1', port: '{PORT}' },
    logger: { captureStdio: false }, // else our lines are inside its own
  };
  const told = { application: { outputDirectory: '.' }, nest: { adapter: cell.platform }, runtime };
  writeFileSync(config, JSON.stringify({ module: at('@platformatic/nest/index.js'), ...told }));
  const node = existsSync(ownNode) ? ownNode : process.execPath;
  const command = [node, wattpm, 'start', '--config', config];
  const options = { command, env: { PORT: String(port) } };
  const program = startArm(cell, arm, appModule, {}, options);
  await program.line(/Platformatic is now listening at /);
  return { program, port };
}
