import { median } from '../support/statistics.mjs';
import { table } from '../support/table.mjs';

export function summarize({ everyMs, runs }) {
  const rows = [true, false].map((awaited) => {
    const own = runs.filter((run) => run.awaited === awaited);
    const has = (who) => own.filter((run) => run[who]).length;
    return [
      awaited ? 'awaitLastScrape' : "without, on the application's port",
      String(own.length),
      String(has('first')),
      String(has('second')),
      String(has('collector')),
      (median(own.map(({ ms }) => ms)) / 1_000).toFixed(1),
      String(own.filter(({ code }) => code !== 0).length),
    ];
  });
  const header = [
    `scraped each ${everyMs / 1_000} s`,
    'shutdowns',
    'all at the first Prometheus',
    'at the second',
    'at the collector',
    'SIGTERM to exit, s',
    'exit codes other than 0',
  ];
  return table(header, rows);
}
