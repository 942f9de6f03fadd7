import type { CheckContext } from '../context.js';
import { replaced } from '../edits.js';
import { inFrontOfNode, startsNode } from '../command-line.js';
import { isInfrastructure } from '../known-images.js';
import type { Nearby } from '../nearby.js';
import { checkGiven } from '../rules/platform-grace.js';
import { readDockerfile, targetOf } from '../text/dockerfile.js';
import { goDurationMs } from '../text/durations.js';
import { readPlainNumber, wrong, type Reading } from '../text/numbers.js';
import { Source } from '../text/source.js';
import type { Value } from '../text/value.js';

/** What Nomad gives without `KillTimeout`, in milliseconds. */
const DEFAULT_MS = 5_000;
const NANOSECONDS = 1_000_000;

/** The job of the JSON API: `{ "Job": … }`, or the job itself. */
export function nomadJobOf(value: Value): Value | undefined {
  const job = value.get('Job').kind === 'map' ? value.get('Job') : value;
  return job.get('TaskGroups').kind === 'list' ? job : undefined;
}

export function checkNomad(job: Value, nearby: Nearby, context: CheckContext): void {
  if (job.get('Type').text === 'batch' || job.get('Type').text === 'sysbatch') return;
  for (const task of job.get('TaskGroups').items.flatMap((group) => group.get('Tasks').items)) {
    const lifecycle = task.get('Lifecycle');
    const isOneOff = lifecycle.kind === 'map' && lifecycle.get('Sidecar').text !== 'true';
    if (isOneOff || isInfrastructure(task.get('Config', 'image').text ?? '')) continue;
    context.counts.checked += 1;
    checkTask(task, nearby, context);
  }
}

function checkTask(task: Value, nearby: Nearby, context: CheckContext): void {
  const subject = `task ${task.get('Name').text ?? '(no name)'}`;
  const at = task.get('KillTimeout');
  const reading = readNanoseconds(at);
  const given =
    reading.kind === 'unset' ? DEFAULT_MS : context.use(reading, at, subject, 'KillTimeout');
  const signal = task.get('KillSignal');
  if (signal.text) context.checkSignal(signal, signal.text, subject, 'KillSignal');
  else checkDefaultSignal(task, subject, nearby, context);
  checkLimit(given, at, subject, context);
  const words = [
    ...[task.get('Config', 'command').text ?? []].flat(),
    ...task.get('Config', 'args').texts,
  ];
  const found = startsNode(words) ? inFrontOfNode(words, { shell: 'unknown' }) : undefined;
  if (found) context.report(found.rule, { at: task.get('Config', 'command'), subject, ...found });
  if (given === undefined) return;
  checkGiven(
    {
      rule: 'nomad/grace',
      platform: 'nomad',
      at: at.isSet ? at : task,
      subject,
      ms: given,
      text: reading.kind === 'unset' ? 'the default of 5 s' : `KillTimeout: ${given / 1_000} s`,
      environment: new Map(task.get('Env').entries),
      remedy: (ms) =>
        `Set "KillTimeout": ${ms * NANOSECONDS} (kill_timeout = "${Math.ceil(ms / 1_000)}s" in HCL)`,
      edit: (ms) => (at.isSet ? replaced(at, String(ms * NANOSECONDS)) : undefined),
    },
    context,
  );
}

/** SIGINT, but for docker, which sends what the image says. */
function checkDefaultSignal(
  task: Value,
  subject: string,
  nearby: Nearby,
  context: CheckContext,
): void {
  if (task.get('Driver').text !== 'docker') {
    return context.checkSignal(task, 'SIGINT', subject, "KillSignal (Nomad's default)");
  }
  const text = nearby.read(task.source, 'Dockerfile') ?? '';
  const stage = targetOf(readDockerfile(new Source('Dockerfile', text)), undefined);
  const sent = stage?.stopSignal?.text;
  if (sent === undefined || context.hears(sent) !== false) return;
  context.report('nomad/docker', {
    at: task,
    subject,
    message: `without KillSignal, docker sends the STOPSIGNAL of the image: ${sent}, which the application does not listen to`,
    remedy: 'Set "KillSignal": "SIGTERM", or remove STOPSIGNAL from the Dockerfile.',
  });
}

/** `max_kill_timeout` of the clients, in milliseconds. */
const CLIENT_LIMIT_MS = 30_000;

function checkLimit(
  given: number | undefined,
  at: Value,
  subject: string,
  context: CheckContext,
): void {
  if (given === undefined || given <= CLIENT_LIMIT_MS) return;
  context.report('nomad/limit', {
    at,
    subject,
    message: `KillTimeout ${given / 1_000} s > 30 s, to which clients cap it by default (max_kill_timeout)`,
    remedy: 'Raise max_kill_timeout in the configuration of the clients, or lower KillTimeout.',
  });
}

/** The API has nanoseconds, and takes a duration as text. */
function readNanoseconds(value: Value): Reading {
  const reading = readPlainNumber(value);
  if (reading.kind === 'number')
    return reading.value === 0
      ? { kind: 'unset' }
      : { kind: 'number', value: reading.value / NANOSECONDS };
  if (reading.kind !== 'wrong') return reading;
  const ms = goDurationMs(value.text ?? '');
  return ms === undefined
    ? wrong(value, 'nanoseconds, or a duration such as "45s"')
    : { kind: 'number', value: ms };
}
