import { basename, dirname } from 'node:path';

/** How a file is read; `yaml` and `json` tell by their content what they are. */
export type Format =
  | 'yaml'
  | 'json'
  | 'dockerfile'
  | 'procfile'
  | 'unit'
  | 'ecosystem-js'
  | 'fly'
  | 'railway-toml'
  | 'nomad-hcl';

/** Endings that templates put behind the real name. */
const TEMPLATE_ENDING = /\.(?:tpl|tmpl|template|m4|j2|gotmpl|in)$/i;

const BY_NAME: ReadonlyArray<readonly [RegExp, Format]> = [
  [/^(?:dockerfile|containerfile)(?:\.[\w.-]+)?$/i, 'dockerfile'],
  [/\.(?:dockerfile|containerfile)$/i, 'dockerfile'],
  [/^procfile(?:\.[\w-]+)?$/i, 'procfile'],
  [/\.service$/i, 'unit'],
  [/^(?:ecosystem|pm2|processes)(?:\.[\w-]+)*\.[cm]?js$/i, 'ecosystem-js'],
  [/^fly(?:\.[\w-]+)*\.toml$/i, 'fly'],
  [/^railway(?:\.[\w-]+)*\.toml$/i, 'railway-toml'],
  [/\.ya?ml$/i, 'yaml'],
  [/\.json$/i, 'json'],
  [/\.(?:nomad|nomad\.hcl)$/i, 'nomad-hcl'],
];

/** The format of a file by its name; undefined when it is none that is read. */
export function formatOf(path: string): Format | undefined {
  const name = basename(path).replace(TEMPLATE_ENDING, '');
  if (/\.conf$/i.test(name) && dirname(path).endsWith('.service.d')) return 'unit';
  return BY_NAME.find(([pattern]) => pattern.test(name))?.[1];
}

/** What a file is that was named by hand and whose name says nothing. */
export function formatByContent(path: string, text: string): Format {
  const byName = formatOf(path);
  if (byName) return byName;
  if (/\.toml$/i.test(path)) return /^\s*\[(?:deploy|build)\]/m.test(text) ? 'railway-toml' : 'fly';
  if (/\.[cm]?js$/i.test(path)) return 'ecosystem-js';
  if (/^\s*[[{]/.test(text)) return isUnit(text) ? 'unit' : 'json';
  if (/^\s*FROM\s+\S+/im.test(text) && /^\s*(?:CMD|ENTRYPOINT|RUN|COPY)\s/im.test(text))
    return 'dockerfile';
  if (isUnit(text)) return 'unit';
  return 'yaml';
}

function isUnit(text: string): boolean {
  return /^\s*\[(?:Unit|Service|Install)\]\s*$/m.test(text);
}

/** Whether a YAML or JSON file that was found in a folder is worth a message when it can't be read. */
export function looksLikeManifest(text: string): boolean {
  return /^(?:apiVersion|kind|services)\s*:|"(?:containerDefinitions|TaskGroups|apiVersion)"\s*:/m.test(
    text,
  );
}
