import type { Failure } from '../../testing/rig/load.js';
import type { Replica } from '../../testing/rig/replica.js';

/** What a loss came from, and what helps. */
export const CAUSES = {
  'not-the-deploy': {
    text: 'lost by an instance that was not being stopped',
    remedy: 'Look at the application itself: this is no matter of its shutdown.',
  },
  killed: {
    text: 'cut by SIGKILL at the end of the grace period',
    remedy:
      'Raise the grace period, or shorten what it waits for: `nestjs-graceful plan` has the sum.',
  },
  'closed-too-early': {
    text: 'refused: the port was closed while the balancer still sent there',
    remedy: 'Keep serving after the stop signal until the balancer has learned of it.',
  },
  'idle-race': {
    text: 'reset on a kept connection, which the server closed while the request travelled',
    remedy: 'Answer with `Connection: close` first, and close idle connections only later.',
  },
  cut: {
    text: 'cut in the middle',
    remedy: 'Wait for what is in flight before the process ends.',
  },
  'teardown-under-work': {
    text: 'answered with an error after the stop signal: something it needs was closed before it was done',
    remedy:
      'Close connections after the drain: `onModuleDestroy` of plain Nest runs under live requests.',
  },
  'no-answer': {
    text: 'not answered in time',
    remedy:
      'Look at what the instance was doing: `nestjs-graceful plan`, and the report of its shutdown.',
  },
} as const;

export type Cause = keyof typeof CAUSES;

/** Finds it from what the client, the forwarder and the instance saw. */
export function causeOf(
  { outcome, failedAt, reusedConnection }: Failure,
  replica: Pick<Replica, 'terminatedAt' | 'wasKilled'> | undefined,
): Cause {
  const stoppedAt = replica?.terminatedAt;
  if (stoppedAt === undefined || failedAt < stoppedAt) return 'not-the-deploy';
  if (outcome === 'refused') return 'closed-too-early';
  if (outcome === '5xx' || outcome === 'unexpected') return 'teardown-under-work';
  if (replica?.wasKilled) return 'killed';
  if (outcome === 'timeout') return 'no-answer';
  return outcome === 'reset' && reusedConnection ? 'idle-race' : 'cut';
}
