import { countText } from '../../../report/text.js';
import type { CheckContext } from '../context.js';
import type { Workload } from '../kubernetes/workload.js';
import { readInteger } from '../text/numbers.js';
import type { Value } from '../text/value.js';

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['type', 'rollingUpdate'],
  StatefulSet: ['type', 'rollingUpdate'],
  DaemonSet: ['type', 'rollingUpdate'],
};

/** How the pods are replaced. */
export function checkRollout(workload: Workload, context: CheckContext): void {
  const { kind, value, subject } = workload;
  const known = KNOWN[kind];
  if (!known) return;
  const strategy = value.get('spec', kind === 'Deployment' ? 'strategy' : 'updateStrategy');
  if (strategy.isSet && strategy.kind !== 'map' && !strategy.isUnknown) {
    const message = 'the strategy is no map';
    return context.report('value/wrong', {
      at: strategy,
      subject,
      message,
      remedy: 'Write strategy: { type: RollingUpdate }',
    });
  }
  for (const key of strategy.keys.filter(
    (name) => !known.includes(name) && !name.startsWith('$'),
  )) {
    context.report('rollout/unknown-key', {
      at: strategy.get(key),
      subject,
      message: `a ${kind} has no strategy.${key}: it is ignored, and the defaults apply`,
      remedy: `Use ${known.join(' and ')}.`,
    });
  }
  const type = strategy.get('type').text;
  if (type === 'Recreate' || type === 'OnDelete') {
    context.report('rollout/strategy', {
      at: strategy.get('type'),
      subject,
      message:
        type === 'Recreate'
          ? 'all pods end before the first new one starts'
          : 'pods are replaced only when somebody deletes them',
      remedy: 'Use type: RollingUpdate with maxUnavailable: 0 and maxSurge: 1.',
    });
  }
}

/** Whether a rollout may stop all replicas, of which there are `count` at least. */
export function checkUnavailable(
  { kind, value, subject }: Workload,
  count: number | undefined,
  context: CheckContext,
): void {
  if (kind !== 'Deployment') return;
  const given = value.get('spec', 'strategy', 'rollingUpdate', 'maxUnavailable');
  const most = count === undefined ? undefined : amountOf(given, count);
  if (count === undefined || count === 0 || most === undefined || most < count) return;
  context.report('rollout/unavailable', {
    at: given,
    subject,
    message: `maxUnavailable ${given.text} of ${countText(count, 'replica')}: all may be away at once`,
    remedy: 'Set maxUnavailable: 0 and maxSurge: 1.',
  });
}

/** A number, or a percentage of the replicas, which Kubernetes rounds down. */
export function amountOf(
  value: Value,
  replicas: number,
  round: 'down' | 'up' = 'down',
): number | undefined {
  const percent = /^(\d+)%$/.exec(value.text ?? '')?.[1];
  if (percent !== undefined) {
    const share = (Number(percent) * replicas) / 100;
    return round === 'down' ? Math.floor(share) : Math.ceil(share);
  }
  const reading = readInteger(value);
  return reading.kind === 'number' ? reading.value : undefined;
}
