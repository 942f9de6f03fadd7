import type { CheckContext } from '../context.js';
import { inserted, replaced } from '../edits.js';
import { checkGiven, wholeSeconds } from '../rules/platform-grace.js';
import { readInteger } from '../text/numbers.js';
import type { Value } from '../text/value.js';

/** What Render gives without `maxShutdownDelaySeconds`, and what it takes, in seconds. */
const DEFAULT_SECONDS = 30;
const MOST_SECONDS = 300;
/** Services that run until they are told to stop. */
const SERVING = new Set(['web', 'pserv', 'worker']);

export function isRender(value: Value): boolean {
  return (
    value.get('services').kind === 'list' &&
    value.get('services').items.some((one) => one.has('type'))
  );
}

export function checkRender(value: Value, context: CheckContext): void {
  for (const service of value.get('services').items) {
    const runtime = service.get('runtime').text ?? service.get('env').text ?? 'node';
    const isOurs =
      SERVING.has(service.get('type').text ?? '') && /^(?:node|docker|image)$/.test(runtime);
    if (isOurs) checkService(service, context);
  }
}

function checkService(service: Value, context: CheckContext): void {
  context.counts.checked += 1;
  const subject = `service ${service.get('name').text ?? '(no name)'}`;
  const at = service.get('maxShutdownDelaySeconds');
  const reading = readInteger(at);
  const given =
    reading.kind === 'unset'
      ? DEFAULT_SECONDS
      : context.use(reading, at, subject, 'maxShutdownDelaySeconds');
  const isFree = service.get('plan').text === 'free';
  if (at.isSet && (isFree || service.get('disk').isSet)) {
    context.report('render/plan', {
      at,
      subject,
      message: `maxShutdownDelaySeconds may be refused ${isFree ? 'on the plan free' : 'for a service with a disk'}`,
      remedy: isFree
        ? 'Use a paid plan, or remove it and plan with 30 s.'
        : 'Remove it if the deploy is refused, and plan with 30 s.',
    });
  }
  if (given === undefined) return;
  if (given < 1 || given > MOST_SECONDS) {
    const message = `maxShutdownDelaySeconds: Render takes 1 to ${MOST_SECONDS}, found ${given}`;
    return context.report('value/wrong', {
      at,
      subject,
      message,
      remedy: `Set it to ${MOST_SECONDS} or less.`,
    });
  }
  checkGiven(
    {
      rule: 'render/grace',
      platform: 'render',
      at: at.isSet ? at : service,
      subject,
      ms: given * 1_000,
      text: reading.kind === 'unset' ? 'the default of 30 s' : `maxShutdownDelaySeconds: ${given}`,
      environment: new Map(
        service.get('envVars').items.flatMap((one) => {
          const key = one.get('key').text;
          return key === undefined || !one.has('value') ? [] : [[key, one.get('value')] as const];
        }),
      ),
      remedy: (ms) => `Set maxShutdownDelaySeconds: ${wholeSeconds(ms)}`,
      edit: (ms) =>
        at.isSet
          ? replaced(at, String(wholeSeconds(ms)))
          : inserted(service, 'maxShutdownDelaySeconds', String(wholeSeconds(ms))),
    },
    context,
  );
}
