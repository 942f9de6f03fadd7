import { inFrontOfNode, splitWords, startsNode } from '../command-line.js';
import { seconds, type CheckContext, type Environment } from '../context.js';
import { checkGiven, wholeSeconds } from '../rules/platform-grace.js';
import { systemdSpanMs } from '../text/durations.js';
import { hasAction, hasMark } from '../text/marks.js';
import type { Source } from '../text/source.js';
import { readUnit, type UnitEntry } from '../text/unit.js';
import { Value } from '../text/value.js';

/** `DefaultTimeoutStopSec`. */
const DEFAULT_MS = 90_000;
/** What belongs into [Service] and says how the service ends. */
const OF_SERVICE = [
  'TimeoutStopSec',
  'TimeoutSec',
  'KillMode',
  'KillSignal',
  'SendSIGKILL',
  'ExecStart',
  'ExecStop',
  'Restart',
];
const KILL_MODES = ['control-group', 'mixed', 'process', 'none'];

export function checkUnit(source: Source, context: CheckContext): void {
  const entries = readUnit(source);
  const starts = entries.findLast(
    ({ section, key }) => section === 'Service' && key === 'ExecStart',
  );
  const ends = entries.some(
    ({ section, key }) => section === 'Service' && key.startsWith('Timeout'),
  );
  // A drop-in has only what it changes; a unit that starts no Node is somebody else's.
  if (starts ? !startsNode([starts.text]) : !ends) return;
  context.counts.checked += 1;
  const subject = source.file.slice(source.file.lastIndexOf('/') + 1);
  for (const { section, key, place } of entries) {
    if (section === 'Service' || !OF_SERVICE.includes(key)) continue;
    const message = `systemd ignores ${key} in [${section}]`;
    context.report('systemd/ignored', {
      at: place,
      subject,
      message,
      remedy: `Move it to [Service].`,
    });
  }
  const own = entries.filter(({ section }) => section === 'Service');
  checkTime(own, source, subject, context);
  checkKill(own, subject, context);
  if (starts) checkStart(starts, own, subject, context);
}

function checkTime(
  own: readonly UnitEntry[],
  source: Source,
  subject: string,
  context: CheckContext,
): void {
  const set = own.filter(({ key }) => key === 'TimeoutStopSec' || key === 'TimeoutSec');
  let given = {
    ms: DEFAULT_MS,
    text: 'the default of 90 s',
    entry: undefined as UnitEntry | undefined,
  };
  for (const entry of set) {
    if (hasMark(entry.text) || hasAction(entry.text) || entry.text.includes('%')) return;
    const ms = systemdSpanMs(entry.text);
    if (ms === undefined) {
      const isComment = /\s[#;]/.test(entry.text);
      context.report('systemd/ignored', {
        at: entry.place,
        subject,
        message: `systemd ignores ${entry.key}=${entry.text}: ${isComment ? 'a comment has to stand on a line of its own' : 'that is no time span'}; ${given.text} applies`,
        remedy: isComment ? 'Put the comment on a line of its own.' : 'Write 30s, or 1min 30s.',
      });
      continue;
    }
    checkUnitOf(entry, ms, subject, context);
    given = { ms: ms === 0 ? Infinity : ms, text: `${entry.key}=${entry.text}`, entry };
  }
  const at = given.entry?.place ?? own[0]?.place ?? { file: source.file, line: 1 };
  checkGiven(
    {
      rule: 'systemd/grace',
      platform: 'systemd',
      at,
      subject,
      ms: given.ms,
      text: given.text,
      environment: environmentOf(own, source),
      remedy: (ms) => `Set TimeoutStopSec=${wholeSeconds(ms)}s`,
      edit: (ms) => given.entry && { source, ...given.entry.value, text: `${wholeSeconds(ms)}s` },
    },
    context,
  );
}

/** Legal, and most likely not what was meant. */
function checkUnitOf(
  { text, key, place }: UnitEntry,
  ms: number,
  subject: string,
  context: CheckContext,
): void {
  const looksLikeMs = /^\d{4,}$/.test(text);
  const mixed = /\d\s*[a-z]+\s*\d+$/i.test(text);
  if (!/\dM\b/.test(text) && !looksLikeMs && !mixed) return;
  const meant = /\dM\b/.test(text)
    ? 'M is a month'
    : mixed
      ? 'a number without a unit is in seconds'
      : 'a number without a unit is in seconds';
  context.report('systemd/unit', {
    at: place,
    subject,
    message: `${key}=${text} is ${seconds(ms)}: ${meant}`,
    remedy: 'Write each number with its unit, as in 1h 30min.',
  });
}

function checkKill(own: readonly UnitEntry[], subject: string, context: CheckContext): void {
  for (const { key, text, place } of own) {
    if (key === 'KillSignal' && text !== '')
      context.checkSignal(place, text, subject, 'KillSignal');
    if (key !== 'KillMode' || KILL_MODES.includes(text) || hasMark(text)) continue;
    context.report('systemd/ignored', {
      at: place,
      subject,
      message: `systemd ignores KillMode=${text}: it knows ${KILL_MODES.join(', ')}`,
      remedy: KILL_MODES.includes(text.toLowerCase())
        ? `Write KillMode=${text.toLowerCase()}`
        : 'Write KillMode=mixed',
    });
  }
}

/** With the default KillMode all processes get the signal, Node behind npm too. With `process` or `mixed` only the first does. */
function checkStart(
  { text, place }: UnitEntry,
  own: readonly UnitEntry[],
  subject: string,
  context: CheckContext,
): void {
  const mode = own.findLast(({ key }) => key === 'KillMode')?.text ?? 'control-group';
  const words = splitWords(text.replace(/^[-@:+!|]+/, ''));
  const found = inFrontOfNode(words, { shell: 'unknown' });
  if (!found || found.rule !== 'command/pid1') return;
  const reachesAll = mode !== 'process' && mode !== 'mixed';
  if (reachesAll) return;
  context.report('command/pid1', {
    at: place,
    subject,
    severity: 'warning',
    message: `with KillMode=${mode} only ${words[0]} gets the signal: ${found.message}`,
    remedy: 'Start Node itself: ExecStart=/usr/bin/node dist/main.js',
  });
}

function environmentOf(own: readonly UnitEntry[], source: Source): Environment {
  return new Map(
    own
      .filter(({ key }) => key === 'Environment')
      .flatMap(({ text, value }) =>
        splitWords(text).flatMap((word) => {
          const [, name, given] = /^([A-Za-z_]\w*)=(.*)$/.exec(word) ?? [];
          return name === undefined ? [] : [[name, Value.scalar(source, value, given)] as const];
        }),
      ),
  );
}
