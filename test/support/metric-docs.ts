import { METRICS, prometheusName } from '../../lib/telemetry/definitions.js';

/** The table of docs/telemetry.md. */
export function metricDocs(): string {
  const rows = METRICS.map((metric) => {
    const labels = metric.labels.map((label) => `\`${label}\``).join(', ');
    return `| \`${prometheusName(metric)}\` | ${metric.type} | ${labels} | ${metric.about} |`;
  });
  return ['| name | type | labels | what it says |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}
