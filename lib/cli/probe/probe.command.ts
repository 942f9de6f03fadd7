import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { resolve } from 'node:path';
import { planFacts, type PlanFacts } from '../check/plan-facts.js';
import { EXIT, type Command, type Terminal } from '../command.js';
import { commandArguments } from '../command-arguments.js';
import { UsageError } from '../usage-error.js';

const OPTIONS = {
  port: { type: 'string' },
  path: { type: 'string' },
  host: { type: 'string' },
  plan: { type: 'string' },
  tls: { type: 'boolean' },
  timeout: { type: 'string' },
} as const;

const PROBES = {
  ready: '/health/ready',
  live: '/health/live',
  startup: '/health/startup',
} as const;
type Probe = keyof typeof PROBES;

/** Below the 30 s that Docker gives a health check, and long enough for a check of `checkTimeoutMs`. */
const TIMEOUT_MS = 2_000;
const DEFAULT_PORT = 3_000;

const help = `Usage: nestjs-graceful probe <ready|live|startup> [options]

Asks a probe of an application on this machine, for a HEALTHCHECK in an image without curl. One line, and an exit code.

  --port <number>    default: GRACEFUL_PROBE_PORT, the port in --plan, PORT, then ${DEFAULT_PORT}
  --path <path>      default: GRACEFUL_PROBE_PATH, the path in --plan, then /health/<probe>
  --host <address>   default: 127.0.0.1
  --plan <file>      what nestjs-graceful plan --json has written
  --tls              by HTTPS; the certificate is not checked, as it is this machine that answers
  --timeout <ms>     default: ${TIMEOUT_MS}
  --help, -h         this text

Exit codes: 0 the probe says yes, 1 it says no or does not answer, 2 wrong usage.`;

interface Asked {
  readonly probe: Probe;
  readonly url: URL;
  readonly timeoutMs: number;
}

/** What a probe has answered. */
interface Answer {
  readonly status: number;
  readonly body: string;
}

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const asked = askedBy(args, terminal);
  const { probe, url } = asked;
  try {
    const { status, body } = await ask(asked);
    const isUp = status === 200;
    const why = isUp ? '' : reasonIn(body);
    terminal.out(`${isUp ? '' : 'not '}${probe}: ${status} from ${url.href}${why}\n`);
    return isUp ? EXIT.clean : EXIT.found;
  } catch (error) {
    terminal.out(`not ${probe}: no answer from ${url.href} (${(error as Error).message})\n`);
    return EXIT.found;
  }
}

function askedBy(args: readonly string[], { cwd, env }: Terminal): Asked {
  const { values, positionals } = commandArguments(args, OPTIONS);
  const [probe, ...more] = positionals;
  if (!isProbe(probe) || more.length > 0) {
    throw new UsageError(
      `expected one of ${Object.keys(PROBES).join(', ')}, got '${positionals.join(' ')}'`,
    );
  }
  const plan = values.plan === undefined ? undefined : planAt(resolve(cwd, values.plan));
  const port =
    portIn('--port', values.port) ??
    portIn('GRACEFUL_PROBE_PORT', env['GRACEFUL_PROBE_PORT']) ??
    plan?.probes?.port ??
    plan?.ports[0] ??
    portIn('PORT', env['PORT']) ??
    DEFAULT_PORT;
  const path = values.path ?? (env['GRACEFUL_PROBE_PATH'] || pathIn(plan, probe));
  if (!path.startsWith('/')) {
    throw new UsageError(`expected a path that begins with '/', got '${path}'`);
  }
  const { host = '127.0.0.1', tls = false, timeout = String(TIMEOUT_MS) } = values;
  const timeoutMs = Number(timeout);
  if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
    throw new UsageError(`expected --timeout to be a number of milliseconds, got '${timeout}'`);
  }
  const at = host.includes(':') ? `[${host}]` : host;
  return { probe, url: new URL(`${tls ? 'https' : 'http'}://${at}:${port}${path}`), timeoutMs };
}

function isProbe(name: string | undefined): name is Probe {
  return name !== undefined && Object.hasOwn(PROBES, name);
}

function planAt(path: string): PlanFacts {
  try {
    return planFacts(JSON.parse(readFileSync(path, 'utf8')), path);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`${path} can't be read: ${(error as Error).message}`);
  }
}

function portIn(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  // What listens on it may be a socket's path, as under Passenger: that is no port to ask.
  throw new UsageError(`expected ${name} to be a port, got '${text}'`);
}

function pathIn(plan: PlanFacts | undefined, probe: Probe): string {
  const { livePath, readyPath, startupPath } = plan?.probes ?? {};
  const paths = { live: livePath, ready: readyPath, startup: startupPath };
  return paths[probe] ?? PROBES[probe];
}

function ask({ url, timeoutMs }: Asked): Promise<Answer> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolveAnswer, reject) => {
    const failed = (error: Error) => {
      reject(signal.aborted ? new Error(`nothing within ${timeoutMs} ms`) : error);
    };
    const options = { agent: false, rejectUnauthorized: false, signal } as const;
    const sent = request(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (part: string) => (body += part));
      response.once('error', failed);
      response.once('end', () => resolveAnswer({ status: response.statusCode ?? 0, body }));
    });
    sent.once('error', failed);
    sent.end();
  });
}

/** What the body of a probe says is down, such as `: warm-up: warming up`. */
function reasonIn(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: Record<string, { message?: unknown }> };
    const parts = Object.entries(error ?? {}).map(([key, { message }]) =>
      typeof message === 'string' ? `${key} ${message}` : `${key} is down`,
    );
    return parts.length > 0 ? `: ${parts.join(', ')}` : '';
  } catch {
    return ''; // the answer of something else
  }
}

export const command: Command = { help, run };
