import type { OptionRow } from '../../lib/options/option-row.js';
import { OPTION_TABLE } from '../../lib/options/option-table.js';
import { PROBE_TABLE } from '../../lib/options/probe-options.js';
import { WARM_UP_TABLE } from '../../lib/options/warm-up-options.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';

/** Options that are groups of options. */
const GROUPS: Readonly<Record<string, object>> = { probes: PROBE_TABLE, warmUp: WARM_UP_TABLE };

/** The table of docs/options.md, made from those of the code. */
export function optionDocs(): string {
  const general = defaultsOn('none');
  const onKubernetes = defaultsOn('kubernetes');
  const rows = [...general].map(([name, value]) => {
    const [group, part] = name.split('.');
    const table = part === undefined ? OPTION_TABLE : GROUPS[group];
    const { about } = (table as Readonly<Record<string, OptionRow>>)[part ?? name];
    const [usual, other] = [literal(value), literal(onKubernetes.get(name))];
    return [`\`${name}\``, usual, other === usual ? '' : other, about];
  });
  return [['option', 'default', 'on Kubernetes', 'meaning'], Array(4).fill('---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** By the names of the options, in the order of the tables. */
export function defaultsOn(platform: 'none' | 'kubernetes'): Map<string, unknown> {
  const { probes, warmUp, ...options } = resolveOptions({ platform }, { env: {}, pid: 1 });
  const named = (group: string, of: object | false) =>
    Object.entries(of).map(([key, value]: [string, unknown]) => [`${group}.${key}`, value]);
  return new Map([
    ...Object.entries({ ...options, platform: 'auto', probes: {}, warmUp: {} }),
    ...named('probes', probes),
    ...named('warmUp', warmUp),
  ] as [string, unknown][]);
}

function literal(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return `\`${String(value)}\``;
  return `\`${JSON.stringify(value).replaceAll('"', "'").replaceAll("','", "', '")}\``;
}
