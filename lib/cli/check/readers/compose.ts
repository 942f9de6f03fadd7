import { basename } from 'node:path';
import { inFrontOfNode, splitWords, startsNode } from '../command-line.js';
import { seconds, type CheckContext, type Environment } from '../context.js';
import { inserted, replaced } from '../edits.js';
import { checkTraefik } from '../rules/traefik.js';
import { isInfrastructure, isNamedOtherwise, repositoryOf } from '../known-images.js';
import type { Nearby } from '../nearby.js';
import { readDockerfile, targetOf } from '../text/dockerfile.js';
import { readComposeDuration } from '../text/durations.js';
import { Source } from '../text/source.js';
import type { Value } from '../text/value.js';
import { shellOf } from './dockerfile.js';

/** What compose gives a container without `stop_grace_period`. */
const DEFAULT_MS = 10_000;
/** Files in which a short end is meant. */
const FOR_DEVELOPMENT =
  /(?:^|[./_-])(?:dev\w*|local|test\w*|e2e|ci|override|debug|example|sample)(?:[./_-]|$)/i;

/** A service of a compose file. */
export interface ComposeService {
  readonly name: string;
  readonly value: Value;
  readonly source: Source;
}

export function isCompose(value: Value): boolean {
  const services = value.get('services');
  if (value.get('kind').isSet || services.kind !== 'map') return false;
  return services.entries.some(([, one]) =>
    [
      'image',
      'build',
      'extends',
      'command',
      'environment',
      'stop_grace_period',
      'ports',
      'deploy',
    ].some((key) => one.has(key)),
  );
}

export function servicesIn(source: Source, value: Value): ComposeService[] {
  return value
    .get('services')
    .entries.filter(([, service]) => service.kind === 'map')
    .map(([name, service]) => ({ name, value: service, source }));
}

/** Every service of the input that may be the application's. */
export function checkCompose(
  services: readonly ComposeService[],
  nearby: Nearby,
  context: CheckContext,
): void {
  for (const file of new Set(services.map(({ source }) => source))) {
    const own = services.filter(({ source }) => source === file);
    const candidates = own.filter((service) => isApplication(service, nearby, context));
    for (const service of narrowed(candidates, context)) {
      context.counts.checked += 1;
      checkService(service, services, nearby, context);
    }
  }
}

function isApplication(
  { name, value, source }: ComposeService,
  nearby: Nearby,
  context: CheckContext,
): boolean {
  if (context.settings.container === name) return true;
  if (environmentOf(value).has('GRACEFUL_GRACE_PERIOD_MS')) return true;
  const image = value.get('image').text;
  if (isNamedOtherwise(name) || isInfrastructure(name) || value.get('restart').text === 'no')
    return false;
  if (runsOnce(wordsOf(value).join(' '))) return false;
  if (startsNode(wordsOf(value))) return true;
  if (value.get('build').isSet) return !buildsSomethingElse(value, source, nearby);
  if (image === undefined) return value.has('extends') || value.has('stop_grace_period');
  return !isInfrastructure(image);
}

/** A step of a deploy, or a tool: no service that has to drain. */
function runsOnce(command: string): boolean {
  return (
    /\bprisma\s+(?:studio|migrate|db)|\b(?:migrations?|migrate|seed)\b/.test(command) &&
    !/\bnode\s|\bstart/.test(command)
  );
}

/** Those that are named, or built here; of images from elsewhere only one can be meant. */
function narrowed(
  candidates: readonly ComposeService[],
  context: CheckContext,
): readonly ComposeService[] {
  const { container } = context.settings;
  const named = candidates.filter(({ name }) => name === container);
  if (named.length > 0) return named;
  const clear = candidates.filter(
    ({ value }) =>
      value.get('build').isSet ||
      startsNode(wordsOf(value)) ||
      environmentOf(value).has('GRACEFUL_GRACE_PERIOD_MS'),
  );
  if (clear.length > 0) return clear;
  const images = new Set(
    candidates.map(({ value }) => repositoryOf(value.get('image').text ?? '')),
  );
  const [first] = candidates;
  if (images.size < 2 || !first) return candidates;
  context.report('container/unclear', {
    at: first.value,
    subject: first.source.file,
    message: `which service is the application? ${candidates.map(({ name }) => name).join(', ')}`,
    remedy: 'Say --container <name>.',
  });
  return [];
}

/** Whether its Dockerfile is there, and what it starts is no Node: an nginx with a built frontend, a proxy. */
function buildsSomethingElse(value: Value, source: Source, nearby: Nearby): boolean {
  const text = dockerfileOf(value, source, nearby);
  if (text === undefined) return false;
  const stage = targetOf(readDockerfile(new Source('', text)), value.get('build', 'target').text);
  const words = [stage?.entrypoint, stage?.cmd].flatMap((command) =>
    command === undefined ? [] : command.form === 'exec' ? command.words : [command.line],
  );
  return !/node/.test(stage?.image ?? 'node') && !startsNode(words);
}

function dockerfileOf(value: Value, source: Source, nearby: Nearby): string | undefined {
  const build = value.get('build');
  const folder = build.text ?? build.get('context').text ?? '.';
  const file = build.get('dockerfile').text ?? 'Dockerfile';
  return folder.includes('://') || folder.includes('$')
    ? undefined
    : nearby.read(source, `${folder}/${file}`);
}

function checkService(
  service: ComposeService,
  all: readonly ComposeService[],
  nearby: Nearby,
  context: CheckContext,
): void {
  const { value, source, name } = service;
  const subject = `service ${name}`;
  checkGrace(service, all, subject, context);
  const signal = value.get('stop_signal');
  if (signal.text !== undefined) context.checkSignal(signal, signal.text, subject, 'stop_signal');
  const words = wordsOf(value);
  if (startsNode(words) && !isForDevelopment(service)) {
    const found = inFrontOfNode(words, {
      shell: shellOf(imageOf(value, source, nearby)),
      script: (path) => nearby.named(source, path),
    });
    const at = value.get('entrypoint').isSet ? value.get('entrypoint') : value.get('command');
    if (found) context.report(found.rule, { at, subject, ...found });
  }
  checkTraefik(value, subject, context);
  const update = value.get('deploy', 'update_config');
  if (update.kind !== 'map' || update.get('order').text === 'start-first') return;
  context.report('compose/swarm-order', {
    at: update,
    subject,
    message: `Swarm stops the old task before the new one runs (order: ${update.get('order').text ?? 'stop-first, the default'})`,
    remedy: 'Set order: start-first',
  });
}

function checkGrace(
  service: ComposeService,
  all: readonly ComposeService[],
  subject: string,
  context: CheckContext,
): void {
  const { value, name } = service;
  const at = value.get('stop_grace_period');
  const reading = readComposeDuration(at);
  // Another file of the input may set it: files are merged, and services extend others.
  const isPart = value.has('extends') || !(value.get('image').isSet || value.get('build').isSet);
  const isElsewhere =
    isPart ||
    all.some((other) => other.name === name && other.value.get('stop_grace_period').isSet);
  if (reading.kind === 'unset' && isElsewhere) return;
  const given =
    reading.kind === 'unset' ? DEFAULT_MS : context.use(reading, at, subject, 'stop_grace_period');
  const wanted = context.wanted('none', environmentOf(value), subject);
  if (given === undefined || !wanted || wanted.ms <= given) return;
  const need = `${Math.ceil(wanted.ms / 1_000)}s`;
  const source = reading.kind === 'unset' ? 'the default of 10 s' : `stop_grace_period: ${at.text}`;
  context.report('compose/grace', {
    at: at.isSet ? at : value,
    subject,
    severity: isForDevelopment(service) ? 'note' : undefined,
    message: `${wanted.by} ${seconds(wanted.ms)} > ${seconds(given)} (${source})`,
    remedy: `Set stop_grace_period: ${need}`,
    edit: at.isSet ? replaced(at, need) : inserted(value, 'stop_grace_period', need),
  });
}

function isForDevelopment({ source, value }: ComposeService): boolean {
  return (
    FOR_DEVELOPMENT.test(basename(source.file)) ||
    /\b(?:start:dev|dev|watch|start:debug|nodemon)\b/.test(wordsOf(value).join(' ')) ||
    (value.get('build', 'target').text ?? '').startsWith('dev')
  );
}

function imageOf(value: Value, source: Source, nearby: Nearby): string {
  const text = value.get('build').isSet ? dockerfileOf(value, source, nearby) : undefined;
  if (text === undefined) return value.get('build').isSet ? '' : (value.get('image').text ?? '');
  return (
    targetOf(readDockerfile(new Source('', text)), value.get('build', 'target').text)?.image ?? ''
  );
}

/** Compose splits a string into words itself, without a shell. */
function wordsOf(value: Value): readonly string[] {
  return [value.get('entrypoint'), value.get('command')].flatMap((one) =>
    one.kind === 'list' ? one.texts : splitWords(one.text ?? ''),
  );
}

/** `environment` is a map, or a list of NAME=value. */
function environmentOf(value: Value): Environment {
  const environment = value.get('environment');
  if (environment.kind === 'map') return new Map(environment.entries);
  return new Map(
    environment.items.flatMap((item) => {
      const [, name, text] = /^([A-Za-z_]\w*)=(.*)$/s.exec(item.text ?? '') ?? [];
      if (name === undefined || text === undefined) return [];
      return [[name, item.withText(text)] as const];
    }),
  );
}
