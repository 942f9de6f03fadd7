import { countText } from '../../../report/text.js';
import { inFrontOfNode, startsNode } from '../command-line.js';
import type { CheckContext, Environment } from '../context.js';
import { inserted, replaced } from '../edits.js';
import { isInfrastructure, isSidecar } from '../known-images.js';
import { checkGiven, wholeSeconds } from '../rules/platform-grace.js';
import { readPlainNumber } from '../text/numbers.js';
import type { Value } from '../text/value.js';
import { shellOf } from './dockerfile.js';

/** What ECS gives without `stopTimeout`, and the most that Fargate takes, in seconds. */
const DEFAULT_SECONDS = 30;
const FARGATE_SECONDS = 120;

/** A task definition, or what `describe-task-definition` prints. */
export function taskDefinitionOf(value: Value): Value | undefined {
  const inner = value.get('taskDefinition');
  const definition = inner.kind === 'map' ? inner : value;
  return definition.get('containerDefinitions').kind === 'list' ? definition : undefined;
}

/** A service, or what `describe-services` prints of one. */
export function ecsServiceOf(value: Value): Value | undefined {
  const [first] = value.get('services').items;
  const service = first ?? value;
  const isService = service.get('taskDefinition').text !== undefined;
  return isService && service.get('deploymentConfiguration').kind === 'map' ? service : undefined;
}

/** Whether a deploy may stop all tasks before a new one runs. */
export function checkEcsService(service: Value, context: CheckContext): void {
  context.counts.checked += 1;
  const at = service.get('deploymentConfiguration', 'minimumHealthyPercent');
  const count = service.get('desiredCount').number ?? 1;
  if (at.number === undefined || count === 0 || Math.ceil((at.number * count) / 100) > 0) return;
  context.report('ecs/healthy-percent', {
    at,
    subject: `service ${service.get('serviceName').text ?? '(no name)'}`,
    message: `minimumHealthyPercent ${at.number} of ${countText(count, 'task')}: a deploy may stop all before a new one runs`,
    remedy: 'Set "minimumHealthyPercent": 100 and "maximumPercent": 200',
    edit: replaced(at, '100'),
  });
}

/** The containers of a task definition that may be the application's. */
export function checkTaskDefinition(definition: Value, context: CheckContext): void {
  const containers = definition
    .get('containerDefinitions')
    .items.filter((one) => one.kind === 'map');
  const own = containers.filter((one) => {
    const [name, image] = [one.get('name').text ?? '', one.get('image').text ?? ''];
    return !isInfrastructure(image) && !isSidecar(name, image);
  });
  const named = own.filter((one) => one.get('name').text === context.settings.container);
  const isFargate = ['requiresCompatibilities', 'compatibilities'].some((key) =>
    definition.get(key).texts.includes('FARGATE'),
  );
  for (const container of named.length > 0 ? named : own) {
    context.counts.checked += 1;
    checkContainer(container, isFargate, context);
  }
}

function checkContainer(container: Value, isFargate: boolean, context: CheckContext): void {
  const subject = `container ${container.get('name').text ?? '(no name)'}`;
  const at = container.get('stopTimeout');
  const reading = readPlainNumber(at);
  const given =
    reading.kind === 'unset' ? DEFAULT_SECONDS : context.use(reading, at, subject, 'stopTimeout');
  if (given !== undefined && isFargate && given > FARGATE_SECONDS) {
    const message = `stopTimeout ${given} s > ${FARGATE_SECONDS} s, the most that Fargate takes`;
    context.report('ecs/limit', {
      at,
      subject,
      message,
      remedy: `Set stopTimeout to ${FARGATE_SECONDS} or less.`,
    });
  } else if (given !== undefined) {
    checkGiven(
      {
        rule: 'ecs/grace',
        platform: 'ecs',
        at: at.isSet ? at : container,
        subject,
        ms: given * 1_000,
        text:
          reading.kind === 'unset'
            ? `the default of ${DEFAULT_SECONDS} s`
            : `stopTimeout: ${given}`,
        environment: environmentOf(container),
        remedy: (ms) => `Set "stopTimeout": ${wholeSeconds(ms)}`,
        edit: (ms) =>
          at.isSet
            ? replaced(at, `${wholeSeconds(ms)}`)
            : inserted(container, 'stopTimeout', `${wholeSeconds(ms)}`),
      },
      context,
    );
  }
  const words = [...container.get('entryPoint').texts, ...container.get('command').texts];
  if (words.length === 0 || !startsNode(words)) return;
  const found = inFrontOfNode(words, { shell: shellOf(container.get('image').text ?? '') });
  if (found) context.report(found.rule, { at: container.get('command'), subject, ...found });
}

function environmentOf(container: Value): Environment {
  return new Map(
    container.get('environment').items.flatMap((entry) => {
      const name = entry.get('name').text;
      return name === undefined ? [] : [[name, entry.get('value')] as const];
    }),
  );
}
