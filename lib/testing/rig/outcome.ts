/** What a client saw of one request. Everything but `ok` is a loss. */
export const OUTCOMES = [
  'ok',
  'reset',
  'refused',
  '5xx',
  'truncated',
  'timeout',
  'unexpected',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export interface Answer {
  status: number;
  body: string;
}

export class RequestTimeout extends Error {
  readonly code = 'TIMEOUT';
}

/** A request that failed before its answer began. */
export function outcomeOfError(error: NodeJS.ErrnoException): Outcome {
  switch (error.code) {
    case 'TIMEOUT':
      return 'timeout';
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET': // also Node's "socket hang up": the server ended the connection instead of answering
    case 'EPIPE':
      return 'reset';
    default:
      return 'unexpected';
  }
}

/** @param right that of a right answer; any of 200 to 299 when it is left out */
export function outcomeOfStatus(status: number, right?: number): Outcome {
  if (status === right) return 'ok';
  if (status >= 500) return '5xx';
  return right === undefined && status >= 200 && status < 300 ? 'ok' : 'unexpected';
}
