import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Terminal } from '../command.js';
import { UsageError } from '../usage-error.js';
import type { Input } from './inputs.js';
import { Source } from './text/source.js';

/** As large as a manifest may be, too. */
const LARGEST_OUTPUT = 16 * 1024 * 1024;
const LONGEST_MS = 60_000;

/**
 * Renders charts with `helm template`, once for each file of values, which are variants and not layers. Nothing else of Helm
 * is run, and nothing without `--helm`: a chart may have post-renderers, and plugins of its own.
 *
 * @throws {UsageError} when there is no helm, or it can't render a chart
 */
export async function renderedCharts(
  charts: readonly string[],
  values: readonly string[],
  terminal: Terminal,
): Promise<readonly Input[]> {
  if (charts.length === 0 && values.length > 0) {
    throw new UsageError('--values is for the charts of --helm <chart>');
  }
  const variants = values.length > 0 ? values : [undefined];
  const inputs: Input[] = [];
  for (const chart of charts) {
    for (const file of variants) inputs.push(await rendered(chart, file, terminal));
  }
  return inputs;
}

async function rendered(
  chart: string,
  values: string | undefined,
  { cwd, env }: Terminal,
): Promise<Input> {
  const args = ['template', chart, ...(values === undefined ? [] : ['--values', values])];
  const options = { cwd, env, maxBuffer: LARGEST_OUTPUT, timeout: LONGEST_MS };
  try {
    const { stdout } = await promisify(execFile)('helm', args, options);
    const name = values === undefined ? chart : `${chart} (${values})`;
    return { source: new Source(name, stdout), format: 'yaml', isNamed: true };
  } catch (error) {
    const { code, stderr, message } = error as Error & { code?: unknown; stderr?: string };
    if (code === 'ENOENT') {
      throw new UsageError('--helm needs the program helm, and there is none on the PATH');
    }
    throw new UsageError(`helm ${args.join(' ')} failed: ${(stderr ?? message).trim()}`);
  }
}
