import { parseArgs } from 'node:util';

export type Variant = 'module' | 'plain';

export interface DemoOptions {
  proxy: 'own' | 'haproxy' | 'auto';
  platform: 'express' | 'fastify';
  variants: Variant[];
  replicas: number;
  rounds: number;
  rate: number;
  graceSeconds: number;
  /** The latest that the proxy hears of a removed replica. */
  lagSeconds: number;
  seed: number;
  json: boolean;
}

export const HELP = `A rolling deploy of a real Nest app under load: with nestjs-graceful, then without.

  npm run demo -- [flags]

  --fastify             Fastify instead of Express
  --proxy own|haproxy   what stands before the replicas (default: HAProxy when it is installed, else our own)
  --only module|plain   one of the two runs
  --replicas N          replicas at a time (3)
  --rounds N            how often every replica is replaced (2); 0 checks the rig: load, but no deploy
  --rate N              requests a second (150)
  --grace SECONDS       from SIGTERM to SIGKILL (15)
  --lag SECONDS         the latest that the proxy hears of a removed replica (3, or a fifth of a shorter grace period)
  --seed N              the same choices and lags again
  --json                one JSON object on stdout, progress on stderr (use \`npm run -s\`)
  --help

  DATABASE_URL          your PostgreSQL instead of the embedded one; a schema is added and dropped again

Exit code 0: the module lost nothing, and plain Nest lost something (or the rig would be blind). Otherwise 1.
`;

/** What was typed can't be right. Says what was expected. */
export class UsageError extends Error {}

export function parseOptions(argv: string[]): DemoOptions | 'help' {
  const { values } = parse(argv);
  if (values.help) return 'help';
  const only =
    values.only === undefined
      ? undefined
      : oneOf('--only', values.only, ['module', 'plain'] as const);
  const graceSeconds = whole('--grace', values.grace ?? '15', 2, 600);
  return {
    proxy:
      values.proxy === undefined
        ? 'auto'
        : oneOf('--proxy', values.proxy, ['own', 'haproxy'] as const),
    platform: values.fastify ? 'fastify' : 'express',
    variants: only ? [only] : ['module', 'plain'],
    replicas: whole('--replicas', values.replicas ?? '3', 1, 20),
    rounds: whole('--rounds', values.rounds ?? '2', 0, 50),
    rate: whole('--rate', values.rate ?? '150', 1, 2_000),
    graceSeconds,
    lagSeconds: seconds(
      '--lag',
      values.lag ?? String(Math.min(3, graceSeconds / 5)),
      0.2,
      graceSeconds,
    ),
    seed: whole(
      '--seed',
      values.seed ?? String(Math.floor(Math.random() * 1_000_000)),
      0,
      2 ** 32 - 1,
    ),
    json: values.json ?? false,
  };
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        proxy: { type: 'string' },
        fastify: { type: 'boolean' },
        only: { type: 'string' },
        replicas: { type: 'string' },
        rounds: { type: 'string' },
        rate: { type: 'string' },
        grace: { type: 'string' },
        lag: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function oneOf<const T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (!found)
    throw new UsageError(`Expected ${flag} to be ${allowed.join(' or ')}, got "${value}"`);
  return found;
}

function whole(flag: string, value: string, min: number, max: number): number {
  const number = /^\d+$/.test(value) ? Number(value) : NaN;
  if (!(number >= min && number <= max)) {
    throw new UsageError(
      `Expected ${flag} to be a whole number from ${min} to ${max}, got "${value}"`,
    );
  }
  return number;
}

function seconds(flag: string, value: string, min: number, max: number): number {
  const number = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
  if (!(number >= min && number <= max)) {
    throw new UsageError(`Expected ${flag} to be from ${min} to ${max} seconds, got "${value}"`);
  }
  return number;
}
