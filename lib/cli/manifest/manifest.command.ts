import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readPlan } from '../check/read-plan.js';
import { EXIT, type Command, type Terminal } from '../command.js';
import { commandArguments } from '../command-arguments.js';
import { UsageError } from '../usage-error.js';
import { budget, component, deployment, patch, service, values } from './kubernetes.js';
import { compose, unit } from './other-platforms.js';
import type { ManifestSubject } from './subject.js';

type Files = Readonly<Record<string, (subject: ManifestSubject) => string>>;

/** What can be made, by the name of the kind: files by their names. */
const KINDS: Readonly<Record<string, Files>> = {
  patch: { 'graceful.patch.yaml': patch },
  helm: { 'values.graceful.yaml': values },
  kustomize: {
    'kustomization.yaml': component,
    'graceful.patch.yaml': patch,
    'pod-disruption-budget.yaml': budget,
  },
  full: {
    'deployment.yaml': deployment,
    'service.yaml': service,
    'pod-disruption-budget.yaml': budget,
  },
  compose: { 'compose.yaml': compose },
  systemd: { 'graceful.service': unit },
};

const OPTIONS = {
  plan: { type: 'string' },
  name: { type: 'string' },
  image: { type: 'string' },
  port: { type: 'string' },
  replicas: { type: 'string' },
  out: { type: 'string' },
} as const;

const HELP = `Usage: nestjs-graceful manifest [${Object.keys(KINDS).join('|')}] --plan <file> [options]

Writes what the application's plan asks of its platform: the grace period, probes with their paths and limits, a rollout
that keeps every replica, spread, a PodDisruptionBudget. nestjs-graceful check finds nothing in it.

  patch                a strategic merge patch for a Deployment that exists (the default)
  helm                 values for a chart
  kustomize            a component
  full                 Deployment, Service and PodDisruptionBudget
  compose, systemd     a service, a unit

  --plan <file>        the application's plan, from: nestjs-graceful plan --json (- is standard input)
  --name <name>        of the Deployment and its container (the name in package.json)
  --image <image>      (the name)
  --port <port>        where it listens (that of the plan, else 3000)
  --replicas <number>  (3)
  --out <folder>       writes files there, in the place of standard output

Exit codes: 0 made, 2 wrong usage.`;

export const command: Command = { help: HELP, run };

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values: given, positionals } = commandArguments(args, OPTIONS);
  const [kind = 'patch', ...others] = positionals;
  const files = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!files || others.length > 0) {
    throw new UsageError(
      `expected one of ${Object.keys(KINDS).join(', ')}, not '${positionals.join(' ')}'`,
    );
  }
  if (given.plan === undefined) {
    throw new UsageError(
      'a plan is needed: nestjs-graceful plan --json > plan.json, then --plan plan.json',
    );
  }
  const plan = await readPlan(given.plan, terminal);
  const name = nameOf(given.name ?? packageName(terminal.cwd));
  const subject: ManifestSubject = {
    plan,
    name,
    image: imageOf(given.image ?? name),
    port: numberOf('--port', given.port, 65_535) ?? plan.ports[0] ?? 3_000,
    replicas: numberOf('--replicas', given.replicas, 10_000) ?? 3,
  };
  const made = Object.entries(files).map(([file, make]) => [file, make(subject)] as const);
  if (given.out === undefined) terminal.out(asOne(made));
  else write(made, resolve(terminal.cwd, given.out), terminal);
  return EXIT.clean;
}

/** Documents of one stream; each says which file it would be. */
function asOne(files: ReadonlyArray<readonly [string, string]>): string {
  const [only] = files;
  if (files.length === 1 && only) return only[1];
  return files.map(([file, text]) => `# ${file}\n${text}`).join('---\n');
}

function write(
  files: ReadonlyArray<readonly [string, string]>,
  folder: string,
  terminal: Terminal,
): void {
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of files) {
    writeFileSync(join(folder, file), text);
    terminal.err(`${join(folder, file)} written\n`);
  }
}

function packageName(cwd: string): string {
  try {
    const { name } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8')) as {
      name?: unknown;
    };
    if (typeof name === 'string')
      return name
        .replace(/^@[^/]*\//, '')
        .replaceAll(/[._]/g, '-')
        .toLowerCase();
  } catch {
    // said below, as what is missing
  }
  throw new UsageError('--name is needed: there is no package.json with a name here');
}

/** A label of DNS, as Kubernetes asks for; quotes and line breaks have no way in. */
function nameOf(name: string): string {
  if (/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw new UsageError(
    `--name has to be lower-case letters, digits and dashes, at most 63, not '${name}'`,
  );
}

function imageOf(image: string): string {
  if (/^[\w][\w./:@-]*$/.test(image)) return image;
  throw new UsageError(`--image has to be the name of an image, not '${image}'`);
}

function numberOf(option: string, text: string | undefined, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new UsageError(`${option} has to be a whole number from 1 to ${most}, not '${text}'`);
}
