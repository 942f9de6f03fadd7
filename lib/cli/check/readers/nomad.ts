import type { CheckContext } from '../context.js';
import { replaced } from '../edits.js';
import { inFrontOfNode, startsNode } from '../command-line.js';
import { isInfrastructure } from '../known-images.js';
import { checkGiven } from '../rules/platform-grace.js';
import { goDurationMs } from '../text/durations.js';
import { readPlainNumber, wrong, type Reading } from '../text/numbers.js';
import type { Value } from '../text/value.js';

/** What Nomad gives without `KillTimeout`, in milliseconds. */
const DEFAULT_MS = 5_000;
const NANOSECONDS = 1_000_000;

/** The job of the JSON API: `{ "Job": … }`, or the job itself. */
export function nomadJobOf(value: Value): Value | undefined {
  const job = value.get('Job').kind === 'map' ? value.get('Job') : value;
  return job.get('TaskGroups').kind === 'list' ? job : undefined;
}

export function checkNomad(job: Value, context: CheckContext): void {
  if (job.get('Type').text === 'batch' || job.get('Type').text === 'sysbatch') return;
  for (const task of job.get('TaskGroups').items.flatMap((group) => group.get('Tasks').items)) {
    const lifecycle = task.get('Lifecycle');
    const isOneOff = lifecycle.kind === 'map' && lifecycle.get('Sidecar').text !== 'true';
    if (isOneOff || isInfrastructure(task.get('Config', 'image').text ?? '')) continue;
    context.counts.checked += 1;
    checkTask(task, context);
  }
}

function checkTask(task: Value, context: CheckContext): void {
  const subject = `task ${task.get('Name').text ?? '(no name)'}`;
  const at = task.get('KillTimeout');
  const reading = readNanoseconds(at);
  const given =
    reading.kind === 'unset' ? DEFAULT_MS : context.use(reading, at, subject, 'KillTimeout');
  const signal = task.get('KillSignal');
  if (signal.text) context.checkSignal(signal, signal.text, subject, 'KillSignal');
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
