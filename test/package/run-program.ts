import { execFile } from 'node:child_process';

/** How a program that ends by itself has ended, and what it told on the way. */
export interface ProgramRun {
  readonly code: number | null;
  readonly events: ReadonlyArray<{ readonly event: string } & Readonly<Record<string, unknown>>>;
  /** What it printed besides, on both streams. */
  readonly output: string;
}

/** For a test that runs some at once, on a machine with much else to do. */
export const PATIENCE_MS = 90_000;

/** Runs a file with Node until it ends; it is killed after a minute, and `code` is null then. */
export function runProgram(path: string, env: Record<string, string> = {}): Promise<ProgramRun> {
  return new Promise((resolve) => {
    const options = {
      timeout: 60_000,
      killSignal: 'SIGKILL',
      env: { ...process.env, NO_COLOR: '1', ...env },
    } as const;
    const child = execFile(process.execPath, [path], options, (_error, stdout, stderr) => {
      const lines = stdout.split('\n');
      const isEvent = (line: string) => line.startsWith('{"event":');
      resolve({
        code: child.exitCode,
        events: lines
          .filter(isEvent)
          .map((line) => JSON.parse(line) as ProgramRun['events'][number]),
        output: [...lines.filter((line) => !isEvent(line)), stderr].join('\n').trim(),
      });
    });
  });
}
