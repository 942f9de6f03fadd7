/** Where a sub-command reads and writes. The process has one; a test has its own. */
export interface Terminal {
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Whether standard output is a terminal, so that colours and cursor movements make sense. */
  readonly isInteractive: boolean;
  /** Writes to standard output, as it is. */
  readonly out: (text: string) => void;
  /** Writes to standard error, as it is. */
  readonly err: (text: string) => void;
  /** Reads standard input to its end. */
  readonly readIn: () => Promise<string>;
}

/** How a command ends. */
export const EXIT = {
  /** Everything is as it should be. */
  clean: 0,
  /** Something was found, or an objective was missed. */
  found: 1,
  /** The command line is wrong, or something can't be read or started. */
  unusable: 2,
} as const;

/** What a sub-command's file exports as `command`. */
export interface Command {
  /** The text of `--help`, without a line break at its end. */
  readonly help: string;
  /**
   * @param args what follows the name of the sub-command
   * @returns the exit code
   * @throws {UsageError} when the arguments make no sense; said on standard error, exit code 2
   */
  readonly run: (args: readonly string[], terminal: Terminal) => Promise<number>;
}
