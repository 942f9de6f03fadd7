import type { Terminal } from '../../lib/cli/command.js';

interface Given {
  readonly cwd?: string;
  readonly input?: string;
  readonly isInteractive?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** A terminal that keeps what is written, in `cwd`, with `input` as its standard input. */
export function recordingTerminal({
  cwd = '/',
  input = '',
  isInteractive = false,
  env = {},
}: Given = {}): Terminal & {
  readonly written: { out: string; err: string };
} {
  const written = { out: '', err: '' };
  return {
    written,
    cwd,
    env,
    isInteractive,
    out: (text) => void (written.out += text),
    err: (text) => void (written.err += text),
    readIn: async () => input,
  };
}
