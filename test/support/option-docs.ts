import type { OptionRow } from '../../lib/options/option-row.js';
import { OPTION_TABLE } from '../../lib/options/option-table.js';
import { PROBE_TABLE } from '../../lib/options/probe-options.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';

/** The table of docs/options.md, made from those of the code. */
export function optionDocs(): string {
  const general = defaultsOn('none');
  const onKubernetes = defaultsOn('kubernetes');
  const rows = [...general].map(([name, value]) => {
    const [, probe] = /^probes\.(.*)/.exec(name) ?? [];
    const tables = probe === undefined ? OPTION_TABLE : PROBE_TABLE;
    const { about } = (tables as Readonly<Record<string, OptionRow>>)[probe ?? name];
    const [usual, other] = [literal(value), literal(onKubernetes.get(name))];
    return [`\`${name}\``, usual, other === usual ? '' : other, about];
  });
  return [['option', 'default', 'on Kubernetes', 'meaning'], Array(4).fill('---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** By the names of the options, in the order of the tables. */
export function defaultsOn(platform: 'none' | 'kubernetes'): Map<string, unknown> {
  const { probes, ...options } = resolveOptions({ platform }, { env: {}, pid: 1 });
  const ofProbes = Object.entries(probes).map(([key, value]) => [`probes.${key}`, value] as const);
  return new Map([...Object.entries({ ...options, platform: 'auto', probes: {} }), ...ofProbes] as [
    string,
    unknown,
  ][]);
}

function literal(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return `\`${String(value)}\``;
  return `\`${JSON.stringify(value).replaceAll('"', "'").replaceAll("','", "', '")}\``;
}
