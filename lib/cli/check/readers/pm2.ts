import { PLATFORM_PRESETS } from '../../../options/platform.js';
import { seconds, type CheckContext } from '../context.js';
import { replaced } from '../edits.js';
import { describe, UNKNOWN, UNSET, type Reading } from '../text/numbers.js';
import type { Value } from '../text/value.js';

const DEFAULT_MS = PLATFORM_PRESETS.pm2.gracePeriodMs;
/** What is advised at boot, too, where nothing is set: enough for a short drain, in milliseconds. */
const ADVISED_MS = 12_000;

/** The applications of an ecosystem file: `apps`, an array that is exported, or the only one. */
export function appsOf(value: Value): readonly Value[] {
  if (value.kind === 'list') return value.items.filter(({ kind }) => kind === 'map');
  const apps = value.get('apps');
  if (apps.kind === 'list') return apps.items.filter(({ kind }) => kind === 'map');
  if (apps.kind === 'map') return [apps];
  return value.has('script') ? [value] : [];
}

export function checkEcosystem(value: Value, context: CheckContext): void {
  const apps = appsOf(value).filter((app) => !isSomethingElse(app));
  const named = apps.filter((app) => app.get('name').text === context.settings.container);
  for (const app of named.length > 0 ? named : apps) {
    context.counts.checked += 1;
    checkApp(app, context);
  }
}

/** A script of another language has another interpreter. */
function isSomethingElse(app: Value): boolean {
  const interpreter = app.get('interpreter').text ?? app.get('exec_interpreter').text;
  return (
    interpreter !== undefined &&
    /^(?:none|\/?\S*(?:python|ruby|php|perl|bash|sh)\S*)$/.test(interpreter)
  );
}

function checkApp(app: Value, context: CheckContext): void {
  const subject = `app ${app.get('name').text ?? '(no name)'}`;
  checkVariables(app, subject, context);
  checkTime(app, subject, context);
  const instances = app.get('instances');
  const isSeveral =
    (instances.number ?? 1) > 1 ||
    instances.text === 'max' ||
    instances.number === 0 ||
    instances.number === -1;
  const isFork = app.get('exec_mode').text?.startsWith('fork') === true;
  if (
    !isSeveral ||
    isFork ||
    app.get('wait_ready').text === 'true' ||
    app.get('wait_ready').isUnknown
  )
    return;
  context.report('pm2/wait-ready', {
    at: instances,
    subject,
    message: `instances: ${instances.text} without wait_ready: a reload goes on before the new process listens`,
    remedy: 'Set wait_ready: true; the application sends "ready" by itself.',
  });
}

/** Options that PM2 7.0.4 was seen to take from `env` and from `env_production`, over what stands beside those. */
const OPTIONS = new Set([
  'kill_timeout',
  'listen_timeout',
  'wait_ready',
  'shutdown_with_message',
  'instances',
  'exec_mode',
  'max_restarts',
]);

function checkVariables(app: Value, subject: string, context: CheckContext): void {
  for (const [block, variables] of app.entries) {
    if (!/^env(?:_\w+)?$/.test(block) || variables.kind !== 'map') continue;
    for (const [name, value] of variables.entries.filter(([key]) => OPTIONS.has(key))) {
      context.report('pm2/environment', {
        at: value,
        subject,
        message: `${block}.${name} is a variable, and PM2 takes it as its option ${name}, whatever that says`,
        remedy: `Rename the variable, and set ${name} beside ${block}.`,
      });
    }
  }
}

function checkTime(app: Value, subject: string, context: CheckContext): void {
  const at = app.has('kill_timeout') ? app.get('kill_timeout') : app.get('killTimeout');
  const reading = readKillTimeout(at);
  if (reading.kind === 'wrong') {
    return context.report('pm2/type', {
      at,
      subject,
      message: `kill_timeout: ${reading.why}`,
      remedy: 'Write a number of milliseconds: kill_timeout: 30000',
    });
  }
  if (reading.kind === 'unknown') return;
  const ms = reading.kind === 'number' ? reading.value : DEFAULT_MS;
  const isDefault = reading.kind === 'unset';
  const environment = new Map(app.get('env').entries);
  const wanted = context.wanted('pm2', environment, subject);
  const text = isDefault ? 'the default of 1.6 s' : `kill_timeout: ${at.text}`;
  if (wanted && wanted.ms > ms) {
    return context.report('pm2/grace', {
      at: at.isSet ? at : app,
      subject,
      message: `${wanted.by} ${seconds(wanted.ms)} > ${seconds(ms)} (${text})`,
      remedy: `Set kill_timeout: ${wanted.ms}`,
      edit: at.isSet && at.source === app.source ? replaced(at, String(wanted.ms)) : undefined,
    });
  }
  if (!isDefault) return;
  context.report('pm2/grace', {
    at: app,
    subject,
    severity: 'warning',
    message: `PM2 kills the process after 1.6 s (${text}): a longer request is cut, without a report`,
    remedy: `Set kill_timeout: ${ADVISED_MS}`,
  });
}

/** As PM2 7 reads it: a number, or a text that is one; 0 and nothing are the default. */
function readKillTimeout(value: Value): Reading {
  if (value.isUnknown) return UNKNOWN;
  if (!value.isSet) return UNSET;
  const single = value.kind === 'list' && value.items.length === 1 ? value.items[0] : value;
  const text = single?.text?.trim() ?? '';
  if (single?.scalar === '' || text === '0') return UNSET;
  const ms =
    /^[\d.]+(?:e\d+)?$|^\d[\d_]*$/.test(text) && typeof single?.scalar === 'number'
      ? single.scalar
      : Number(text === '' ? NaN : text);
  if (Number.isFinite(ms) && ms > 0) return { kind: 'number', value: ms };
  if (Number.isFinite(ms)) return { kind: 'wrong', why: `${text} kills at once` };
  return {
    kind: 'wrong',
    why: `expected a number of milliseconds, found ${describe(single ?? value)}: PM2 starts nothing with it`,
  };
}
