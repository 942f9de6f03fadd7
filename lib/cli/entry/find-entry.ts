import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import { readJsonc } from './jsonc.js';

/** The built program of an application, and what has named it. */
export interface Entry {
  /** An absolute path. */
  readonly file: string;
  readonly from: 'argument' | 'nest-cli.json' | 'package.json';
}

interface NestCliProject {
  readonly root?: string;
  readonly sourceRoot?: string;
  readonly entryFile?: string;
  readonly compilerOptions?: { readonly tsConfigPath?: string };
}

interface NestCli extends NestCliProject {
  readonly monorepo?: boolean;
  readonly projects?: Readonly<Record<string, NestCliProject>>;
}

interface TsConfig {
  readonly extends?: string;
  readonly compilerOptions?: { readonly outDir?: string };
}

interface Manifest {
  readonly main?: string;
  readonly scripts?: Readonly<Record<string, string>>;
}

/**
 * Finds what `node` is to be given: a file, a folder, or a project of `nest-cli.json`, if one is named; else what
 * `nest-cli.json` builds, else what `start:prod`, `start` or `main` of `package.json` run.
 *
 * @throws {UsageError} when there is none, or it is not built
 */
export function findEntry(cwd: string, given?: string): Entry {
  if (given !== undefined) return named(cwd, given);
  const candidates = [...ofNestCli(cwd), ...ofManifest(cwd)];
  const found = candidates.find(({ file }) => isFile(file));
  if (found) return found;
  if (candidates.length === 0) {
    throw new UsageError(
      `there is no nest-cli.json and no package.json with a "main" in ${cwd}. Give the built file: dist/main.js or the like.`,
    );
  }
  const tried = candidates.map(({ file }) => relative(cwd, file)).join(', ');
  throw new UsageError(
    `the application is not built: none of ${tried} is there. Run its build, or give the file.`,
  );
}

function named(cwd: string, given: string): Entry {
  const path = resolve(cwd, given);
  if (isFile(path) || isFile(`${path}.js`)) return usable(isFile(path) ? path : `${path}.js`);
  if (existsSync(path)) return findEntry(path);
  const built = ofNestCli(cwd, given);
  const found = built.find(({ file }) => isFile(file));
  if (found) return found;
  const tried = [path, ...built.map(({ file }) => file)].map((file) => relative(cwd, file));
  throw new UsageError(`there is no ${tried.join(', and no ')}. Is the application built?`);
}

function usable(file: string): Entry {
  if (!/\.[cm]?tsx?$/.test(file)) return { file, from: 'argument' };
  throw new UsageError(
    `${file} is TypeScript. Build the application, and give what comes of it: dist/main.js or the like.`,
  );
}

/** What the Nest CLI builds: the default project, or one of a monorepo. */
function ofNestCli(cwd: string, project?: string): Entry[] {
  const config = readIfThere(join(cwd, 'nest-cli.json')) as NestCli | undefined;
  if (!config) return [];
  const isProject = ({ root }: NestCliProject) => root === (project ?? config.root);
  const projects = Object.entries(config.projects ?? {});
  const [name, own] = projects.find(([key, one]) => key === project || isProject(one)) ?? [];
  if (project !== undefined && !own) return [];
  const settings = { ...config, ...own };
  const { sourceRoot = 'src', entryFile = 'main' } = settings;
  const output = outputOf(cwd, settings);
  const file = `${entryFile}.js`;
  const places = [
    ...(name === undefined ? [] : [join(cwd, 'dist', settings.root ?? '', file)]),
    join(output, file),
    join(output, sourceRoot, file), // when the compiler is given more than the sources
    ...(settings.root === undefined
      ? []
      : [join(output, relative(settings.root, sourceRoot), file)]),
  ];
  return [...new Set(places)].map((place) => ({ file: place, from: 'nest-cli.json' }));
}

/** `outDir`, as the configuration of the compiler has it or the one that it extends; `dist` when none says. */
function outputOf(cwd: string, { root = '', compilerOptions }: NestCliProject): string {
  const usual = ['tsconfig.build.json', 'tsconfig.app.json', 'tsconfig.json'];
  const names = compilerOptions?.tsConfigPath
    ? [compilerOptions.tsConfigPath]
    : usual.flatMap((name) => [join(root, name), name]);
  const start = names.map((name) => resolve(cwd, name)).find(isFile);
  for (let file = start; file !== undefined;) {
    const config = readIfThere(file) as TsConfig | undefined;
    const { outDir } = config?.compilerOptions ?? {};
    if (outDir !== undefined) return resolve(dirname(file), outDir);
    const parent = config?.extends;
    file = parent?.startsWith('.') ? resolve(dirname(file), parent) : undefined;
  }
  return join(cwd, 'dist');
}

function ofManifest(cwd: string): Entry[] {
  const manifest = readIfThere(join(cwd, 'package.json')) as Manifest | undefined;
  const { main, scripts = {} } = manifest ?? {};
  const run = [scripts['start:prod'], scripts['start']].map((script) => fileOfScript(script ?? ''));
  return [...run, main]
    .filter((path) => path !== undefined)
    .flatMap((path) => [path, `${path}.js`])
    .filter((path) => /\.[cm]?js$/.test(path))
    .map((path) => ({ file: join(cwd, path), from: 'package.json' }));
}

/** The program of `cross-env X=1 node --enable-source-maps dist/main`. */
function fileOfScript(script: string): string | undefined {
  return /(?:^|\s)node\s+(?:-\S+\s+)*([^\s-]\S*)/.exec(script)?.[1];
}

function readIfThere(file: string): unknown {
  return existsSync(file) ? readJsonc(file, readFileSync(file, 'utf8')) : undefined;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
