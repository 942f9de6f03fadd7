import type { CheckContext } from '../context.js';
import { inserted, replaced } from '../edits.js';
import { checkGiven, wholeSeconds } from '../rules/platform-grace.js';
import { readPlainNumber } from '../text/numbers.js';
import type { Value } from '../text/value.js';

export function isRailway(value: Value): boolean {
  return (
    value.get('deploy').kind === 'map' ||
    value.get('build').kind === 'map' ||
    value.get('environments').kind === 'map'
  );
}

/** The service of a railway.json or railway.toml, and of each environment that has settings of its own. */
export function checkRailway(value: Value, context: CheckContext): void {
  context.counts.checked += 1;
  const deploy = value.get('deploy');
  checkDeploy(deploy.isSet ? deploy : value, 'service', value, context);
  for (const [name, environment] of value.get('environments').entries) {
    const own = environment.get('deploy');
    if (own.has('drainingSeconds')) checkDeploy(own, `environment ${name}`, value, context);
  }
}

function checkDeploy(deploy: Value, subject: string, whole: Value, context: CheckContext): void {
  const at = deploy.get('drainingSeconds');
  const reading = readPlainNumber(at);
  const given = reading.kind === 'unset' ? 0 : context.use(reading, at, subject, 'drainingSeconds');
  if (given !== undefined) {
    checkGiven(
      {
        rule: 'railway/grace',
        platform: 'railway',
        at: at.isSet ? at : deploy,
        subject,
        ms: given * 1_000,
        text: reading.kind === 'unset' ? 'the default of 0 s' : `drainingSeconds: ${given}`,
        remedy: (ms) => `Set deploy.drainingSeconds to ${wholeSeconds(ms)}`,
        edit: (ms) =>
          at.isSet ? replaced(at, String(wholeSeconds(ms))) : addition(deploy, whole, ms),
      },
      context,
    );
  }
  const start = deploy.get('startCommand');
  const builder = whole.get('build', 'builder').text ?? '';
  if (!/DOCKERFILE/i.test(builder) || !needsShell(start.text ?? '')) return;
  context.report('railway/exec-form', {
    at: start,
    subject,
    message: `startCommand needs a shell ("${start.text}"), and an image build starts it without one`,
    remedy: `Write it as /bin/sh -c "exec …", and variables in the settings of the service.`,
  });
}

/** JSON only: where a table of TOML has its keys is not known to the letter. */
function addition(deploy: Value, whole: Value, ms: number) {
  return deploy !== whole && deploy.source.text[deploy.span.start] === '{'
    ? inserted(deploy, 'drainingSeconds', String(wholeSeconds(ms)))
    : undefined;
}

function needsShell(command: string): boolean {
  if (/^(?:\/bin\/)?(?:ba|a|da)?sh\s+-\w*c\b/.test(command)) return false;
  return /^[A-Za-z_]\w*=|&&|\|\||[;|<>]|\$[A-Z{]/.test(command);
}
