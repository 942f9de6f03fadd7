/** The command line makes no sense, or a file that it names can't be used: said without a stack, exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
