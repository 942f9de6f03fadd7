#!/usr/bin/env bash
# cron@4.4.0 (the one in @nestjs/schedule): where an hour is skipped for summer time, a job that wants nothing of that
# hour in particular runs once more than its expression says: at 03:00, whatever its minute is.
#
# Seen in Europe/Berlin on 29 March 2026, when 02:00 becomes 03:00: "30 * * * *" and "45 */2 * * *" both run at 03:00 as
# well. With croner@11.0.1 neither does.
#
# Output: cron: '30 * * * *': '00:30 01:30 03:00 03:30 04:30', '45 */2 * * *': '00:45 03:00 04:45'
#         croner: '30 * * * *': '00:30 01:30 03:30 04:30', '45 */2 * * *': '00:45 04:45'
#
# One would guess otherwise: cron makes up for a job whose time was in the skipped hour, so that a nightly one at 02:30
# is not left out. "30 * * * *" has its runs before and after the gap, and 03:00 matches no part of it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{ "private": true, "type": "module" }' > package.json
npm install --silent --no-audit --no-fund cron@4.4.0 croner@11.0.1
cat > program.mjs <<'PROGRAM'
import assert from 'node:assert/strict';
import { CronTime } from 'cron';
import { Cron } from 'croner';

const timeZone = 'Europe/Berlin';
const night = new Date('2026-03-28T23:10:00Z'); // 00:10 there
const clock = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
const untilFive = (dates) => dates.map((date) => clock.format(date)).filter((time) => time < '05:00').join(' ');

function byCron(expression) {
  const time = new CronTime(expression, timeZone);
  const dates = [night];
  for (let n = 0; n < 6; n += 1) dates.push(time.getNextDateFrom(dates.at(-1), timeZone).toJSDate());
  return untilFive(dates.slice(1));
}
const byCroner = (expression) => untilFive(new Cron(expression, { timezone: timeZone, paused: true }).nextRuns(6, night));

const expressions = ['30 * * * *', '45 */2 * * *'];
const runs = (by) => Object.fromEntries(expressions.map((expression) => [expression, by(expression)]));
const seen = { cron: runs(byCron), croner: runs(byCroner) };
console.log(seen);
assert.deepEqual(seen, {
  cron: { '30 * * * *': '00:30 01:30 03:00 03:30 04:30', '45 */2 * * *': '00:45 03:00 04:45' },
  croner: { '30 * * * *': '00:30 01:30 03:30 04:30', '45 */2 * * *': '00:45 04:45' },
});
PROGRAM
node program.mjs
