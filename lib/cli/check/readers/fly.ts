import type { CheckContext } from '../context.js';
import { replaced } from '../edits.js';
import type { Edit } from '../finding.js';
import { checkGiven, wholeSeconds } from '../rules/platform-grace.js';
import { goDurationMs } from '../text/durations.js';
import { wrong, UNSET, type Reading } from '../text/numbers.js';
import type { Value } from '../text/value.js';

/** What Fly gives without `kill_timeout`, and the most that shared CPUs get, in milliseconds. */
const DEFAULT_MS = 5_000;
const SHARED_MS = 300_000;

export function isFly(value: Value): boolean {
  return [
    'app',
    'primary_region',
    'http_service',
    'services',
    'processes',
    'vm',
    'kill_timeout',
  ].some((key) => value.has(key));
}

export function checkFly(value: Value, context: CheckContext): void {
  context.counts.checked += 1;
  const subject = `app ${value.get('app').text ?? '(no name)'}`;
  const at = value.get('kill_timeout');
  const reading = readFlySeconds(at);
  const given =
    reading.kind === 'unset' ? DEFAULT_MS : context.use(reading, at, subject, 'kill_timeout');
  const signal = value.get('kill_signal');
  context.checkSignal(
    signal.isSet ? signal : { file: value.source.file, line: 1 },
    signal.text ?? 'SIGINT',
    subject,
    'kill_signal',
  );
  const isMisplaced = checkPlace(value, subject, context);
  if (given === undefined || (isMisplaced && reading.kind === 'unset')) return;
  if (given > SHARED_MS && isShared(value)) {
    const message = `kill_timeout ${given / 1_000} s > 300 s, the most that machines with shared CPUs get`;
    context.report('fly/limit', {
      at,
      subject,
      message,
      remedy: 'Set kill_timeout = 300, or use dedicated CPUs.',
    });
  }
  const processes = value.get('processes').keys;
  checkGiven(
    {
      rule: 'fly/grace',
      platform: 'fly',
      at: at.isSet ? at : { file: value.source.file, line: 1 },
      subject: processes.length > 1 ? `${subject} (${processes.join(', ')})` : subject,
      ms: given,
      text: reading.kind === 'unset' ? 'the default of 5 s' : `kill_timeout = ${at.written}`,
      environment: new Map(value.get('env').entries),
      remedy: (ms) => `Set kill_timeout = ${wholeSeconds(ms)} at the top of the file`,
      edit: (ms) => (at.isSet ? replaced(at, String(wholeSeconds(ms))) : atTop(value, ms)),
    },
    context,
  );
}

/** Above the first line that is no comment: a key further down would belong to a table. */
function atTop({ source }: Value, ms: number): Edit {
  const start = /^(?:\s*#.*\n|\s*\n)*/.exec(source.text)?.[0].length ?? 0;
  return { source, start, end: start, text: `kill_timeout = ${wholeSeconds(ms)}\n` };
}

/** A key below a `[table]` is the table's; as a variable of the environment it is one that nobody reads. */
function checkPlace(value: Value, subject: string, context: CheckContext): boolean {
  let found = false;
  for (const [table, inside] of value.entries) {
    if (inside.kind !== 'map') continue;
    for (const key of ['kill_timeout', 'kill_signal'].filter((name) => inside.has(name))) {
      found = true;
      const message = `${key} stands below [${table}], so it belongs to that table`;
      context.report('fly/place', {
        at: inside.get(key),
        subject,
        message,
        remedy: `Move ${key} above the first [table].`,
      });
    }
  }
  return found;
}

/** Seconds, or a duration as older versions of flyctl write it. */
function readFlySeconds(value: Value): Reading {
  if (!value.isSet) return UNSET;
  if (value.number !== undefined) return { kind: 'number', value: value.number * 1_000 };
  const ms =
    goDurationMs(value.text ?? '') ??
    (/^\d+$/.test(value.text ?? '') ? Number(value.text) * 1_000 : undefined);
  return ms === undefined ? wrong(value, 'a number of seconds') : { kind: 'number', value: ms };
}

/** Shared CPUs are the default. */
function isShared(value: Value): boolean {
  const machines = value.get('vm').kind === 'list' ? value.get('vm').items : [value.get('vm')];
  return !machines.some((one) =>
    /performance/.test(`${one.get('size').text ?? ''} ${one.get('cpu_kind').text ?? ''}`),
  );
}
