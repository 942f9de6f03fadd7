import type { Source, Span } from './source.js';

/** A command of an image: in exec form its words, in shell form the line. */
export type ImageCommand =
  | { readonly form: 'exec'; readonly words: readonly string[]; readonly span: Span }
  | { readonly form: 'shell'; readonly line: string; readonly span: Span };

/** A stage of a Dockerfile, with what it inherits from earlier ones. */
export interface Stage {
  readonly name: string | undefined;
  /** The image that the chain of stages begins with, with the defaults of ARG put in; may hold marks. */
  readonly image: string;
  readonly from: Span;
  readonly entrypoint?: ImageCommand;
  readonly cmd?: ImageCommand;
  readonly stopSignal?: { readonly text: string; readonly span: Span };
  readonly healthcheck?: ImageCommand;
  /** What all its RUN instructions say, those of the stages it stands on too. */
  readonly run: string;
}

interface Instruction {
  readonly name: string;
  readonly rest: string;
  readonly span: Span;
  /** The bodies of its here-documents. */
  readonly documents: string;
}

type Draft = { -readonly [Key in keyof Stage]: Stage[Key] };

/** The stages of a Dockerfile. */
export function readDockerfile(source: Source): Stage[] {
  const defaults = new Map<string, string>();
  const stages: Draft[] = [];
  for (const instruction of instructionsOf(source.text)) {
    const stage = stages.at(-1);
    if (instruction.name === 'FROM') stages.push(begin(instruction, stages, defaults));
    else if (instruction.name === 'ARG' && !stage) noteDefault(instruction.rest, defaults);
    else if (stage) apply(instruction, stage);
  }
  return stages;
}

/** Stages that are built for something else than to serve. */
const FOR_OTHERS = /(?:^|[-_])(?:tests?\d*|dev\w*|debug|lint|e2e|ci|upload)(?:$|[-_])/i;

/** The stage that `--target` names, else the last one that starts a service: one behind it may only hold files, or run tests. */
export function targetOf(stages: readonly Stage[], target: string | undefined): Stage | undefined {
  if (target !== undefined) {
    const named = stages.find(({ name }) => name?.toLowerCase() === target.toLowerCase());
    return named ?? (/^\d+$/.test(target) ? stages[Number(target)] : undefined);
  }
  const starting = stages.filter(({ cmd, entrypoint }) => cmd ?? entrypoint);
  const serving = starting.filter(({ name }) => !FOR_OTHERS.test(name ?? ''));
  return serving.at(-1) ?? starting.at(-1) ?? stages.at(-1);
}

function begin(
  { rest, span }: Instruction,
  stages: readonly Stage[],
  defaults: ReadonlyMap<string, string>,
): Draft {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
  const image = filledIn(words[0] ?? '', defaults);
  const name = words[1]?.toLowerCase() === 'as' ? words[2] : undefined;
  const base = stages.findLast((stage) => stage.name?.toLowerCase() === image.toLowerCase());
  return base ? { ...base, name, from: span } : { name, image, from: span, run: '' };
}

function noteDefault(rest: string, defaults: Map<string, string>): void {
  for (const [, name = '', value = ''] of rest.matchAll(/([A-Za-z_]\w*)=("[^"]*"|'[^']*'|\S*)/g)) {
    defaults.set(name, value.replace(/^(["'])(.*)\1$/, '$2'));
  }
}

function filledIn(text: string, defaults: ReadonlyMap<string, string>): string {
  return text.replace(
    /\$\{(\w+)(?::?-([^}]*))?\}|\$(\w+)/g,
    (mark, braced: string | undefined, fallback: string | undefined, plain: string | undefined) =>
      defaults.get(braced ?? plain ?? '') ?? fallback ?? mark,
  );
}

function apply({ name, rest, span, documents }: Instruction, stage: Draft): void {
  if (name === 'RUN') stage.run += `${rest}\n${documents}\n`;
  if (name === 'CMD') stage.cmd = commandOf(rest, span);
  if (name === 'ENTRYPOINT') {
    // An ENTRYPOINT takes back the CMD of the image below, not one of its own stage: that comes after it.
    stage.entrypoint = commandOf(rest, span);
    if (stage.cmd && stage.cmd.span.start < stage.from.start) delete stage.cmd;
  }
  if (name === 'STOPSIGNAL') stage.stopSignal = { text: rest.trim(), span };
  if (name !== 'HEALTHCHECK') return;
  const command = /^(?:--\S+\s+)*CMD\s+(\S[\s\S]*)$/i.exec(rest)?.[1];
  if (command === undefined) delete stage.healthcheck;
  else stage.healthcheck = commandOf(command, span);
}

/** JSON is the exec form; whatever is none, such as an array with single quotes, is handed to the shell. */
function commandOf(rest: string, span: Span): ImageCommand {
  if (rest.startsWith('[')) {
    try {
      const words: unknown = JSON.parse(rest);
      if (Array.isArray(words) && words.every((word) => typeof word === 'string')) {
        return { form: 'exec', words, span };
      }
    } catch {
      // then it is the shell form
    }
  }
  return { form: 'shell', line: rest, span };
}

const HEREDOC = /<<-?(["']?)([A-Za-z_]\w*)\1/g;

/** Instructions with their continuation lines put together, and here-documents kept apart. */
function* instructionsOf(text: string): Generator<Instruction> {
  const escape = /^#\s*escape\s*=\s*(`|\\)\s*$/im.exec(text.slice(0, 400))?.[1] ?? '\\';
  const lines = linesOf(text);
  for (let at = 0; at < lines.length; at += 1) {
    const first = lines[at];
    if (!first || isSkipped(first.text)) continue;
    const start = first.start + (first.text.length - first.text.trimStart().length);
    let whole = first.text.trim();
    let end = first.start + first.text.trimEnd().length;
    while (whole.endsWith(escape) && at + 1 < lines.length) {
      at += 1;
      const next = lines[at];
      if (!next) break;
      if (isSkipped(next.text)) continue; // comments and empty lines do not end what goes on
      whole = `${whole.slice(0, -1)}${next.text.trim()}`;
      end = next.start + next.text.trimEnd().length;
    }
    const [, name = '', rest = ''] = /^([A-Za-z]+)\s*([\s\S]*)$/.exec(whole) ?? [];
    const upper = name.toUpperCase();
    const marks = /^(?:RUN|COPY|ADD)$/.test(upper) ? [...rest.matchAll(HEREDOC)] : [];
    let documents = '';
    for (const [, , mark = ''] of marks) {
      while (at + 1 < lines.length) {
        at += 1;
        const body = lines[at]?.text ?? '';
        if (body.trim() === mark) break;
        documents += `${body}\n`;
      }
    }
    yield {
      name: upper,
      rest: rest.replace(new RegExp(`\\${escape}$`), '').trim(),
      span: { start, end },
      documents,
    };
  }
}

function isSkipped(line: string): boolean {
  return /^\s*(?:#.*)?$/.test(line);
}

function linesOf(text: string): Array<{ readonly text: string; readonly start: number }> {
  let start = 0;
  return text.split('\n').map((line) => {
    const found = { text: line.replace(/\r$/, ''), start };
    start += line.length + 1;
    return found;
  });
}
