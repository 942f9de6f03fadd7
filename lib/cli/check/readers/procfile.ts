import { PLATFORM_PRESETS } from '../../../options/platform.js';
import type { CheckContext } from '../context.js';
import { startsNode } from '../command-line.js';
import { checkGiven } from '../rules/platform-grace.js';
import type { Source } from '../text/source.js';

/** The processes of a Procfile. Heroku signals every process of a dyno, so npm in front of Node does no harm there. */
export function checkProcfile(source: Source, context: CheckContext): void {
  const limit = PLATFORM_PRESETS.heroku.gracePeriodMs;
  let start = 0;
  for (const line of source.text.split('\n')) {
    const [, name, command = ''] = /^([A-Za-z0-9_-]+):\s*(.+)$/.exec(line.trim()) ?? [];
    const at = source.placeAt(start);
    start += line.length + 1;
    // What is run once for a release is no service.
    if (name === undefined || name === 'release' || !startsNode([command])) continue;
    context.counts.checked += 1;
    checkGiven(
      {
        rule: 'heroku/grace',
        platform: 'heroku',
        at,
        subject: `process ${name}`,
        ms: limit,
        text: 'what Heroku gives, always',
        remedy: () => `Set GRACEFUL_GRACE_PERIOD_MS=${limit} on Heroku.`,
      },
      context,
    );
  }
}
