/** The shell that a string is given to. */
export type Shell = 'dash' | 'ash' | 'bash' | 'none' | 'unknown';

/** What stands in front of the application, and what becomes of a signal there. */
export interface FrontFinding {
  readonly rule: 'command/pid1' | 'command/background';
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly remedy: string;
}

/** What is known of the image and the repository beside the command. */
export interface CommandContext {
  /** What /bin/sh is there. */
  readonly shell: Shell;
  /** The text of a script of the image, when it is known. */
  readonly script?: (path: string) => string | undefined;
  /** The text of a script of package.json, when it is known. */
  readonly packageScript?: (name: string) => string | undefined;
  /** Whether `yarn` is known to be newer than 1. */
  readonly hasModernYarn?: boolean;
}

const INITS = new Set([
  'tini',
  'tini-static',
  'dumb-init',
  'docker-init',
  'catatonit',
  's6-svscan',
]);
const SHELLS = new Set(['sh', 'bash', 'ash', 'dash']);
const MANAGERS = new Set(['npm', 'pnpm', 'yarn', 'npx', 'pnpx']);
const ASSIGNMENT = /^[A-Za-z_]\w*=/;
/** `-c`, also among other letters, as in `-ec`. */
const COMMAND_FLAG = /^-[a-z]*c[a-z]*$/;

/** What stands between the platform's signal and Node in a command of several words; undefined when nothing is known to. */
export function inFrontOfNode(
  words: readonly string[],
  context: CommandContext,
): FrontFinding | undefined {
  const own = withoutWrappers(words);
  const program = baseName(own[0] ?? '');
  if (MANAGERS.has(program)) return ofManager(program, own, context);
  if (SHELLS.has(program)) return ofShell(program, own.slice(1), context);
  if (program.endsWith('.sh') || context.script?.(own[0] ?? '') !== undefined) {
    return ofScript(own, context);
  }
  return undefined;
}

/** The same of a line that a shell reads, such as the shell form of CMD. */
export function inFrontOfLine(line: string, context: CommandContext): FrontFinding | undefined {
  if (context.shell === 'none') return undefined;
  return ofText(line, context.shell, context);
}

/** Whether it starts something of Node's world: what is no Node application is none of our business. */
export function startsNode(words: readonly string[]): boolean {
  return words.some((word) =>
    /(?:^|[\s/"'&;|=(])(?:node|nodejs|npm|npx|pnpm|pnpx|yarn|nest|ts-node|tsx|nodemon|pm2|pm2-runtime|bun)(?:$|[\s"';&])|\.[cm]?js(?:$|[\s"';&])/.test(
      word,
    ),
  );
}

/** Wrappers that become what they start, or hand signals on: inits, `env`, `exec`, `gosu user`. */
export function withoutWrappers(words: readonly string[]): readonly string[] {
  let rest = words;
  for (;;) {
    const [first = '', second = ''] = rest;
    const name = baseName(first);
    if (INITS.has(name)) rest = withoutFlags(rest.slice(1));
    else if (name === 'exec' || name === '--') rest = rest.slice(1);
    else if (name === 'env') rest = withoutFlags(rest.slice(1));
    else if (ASSIGNMENT.test(first)) rest = rest.slice(1);
    else if (name === 'gosu' || name === 'su-exec') rest = rest.slice(second === '' ? 1 : 2);
    else return rest;
  }
}

function withoutFlags(words: readonly string[]): readonly string[] {
  const first = words.findIndex((word) => !word.startsWith('-'));
  return first === -1 ? [] : words.slice(first);
}

function ofManager(
  program: string,
  words: readonly string[],
  context: CommandContext,
): FrontFinding | undefined {
  if (!startsApplication(program, words)) return undefined;
  const called = words.slice(0, 3).join(' ');
  const remedy = `Start Node itself: ["node", "dist/main.js"] in the place of "${called}".`;
  if (program === 'yarn' && !context.hasModernYarn) {
    return finding(
      'error',
      `yarn 1 ends at the first signal, with the application under it: its drain is cut`,
      remedy,
    );
  }
  const script = context.packageScript?.(scriptName(words));
  if (script?.trimStart().startsWith('exec ')) return undefined;
  const because = `${program} starts the application through a shell`;
  if (context.shell === 'ash' || context.shell === 'bash') {
    return finding(
      'note',
      `${because}, and hands the signal on only because ${context.shell} replaces itself`,
      remedy,
    );
  }
  if (context.shell === 'dash') {
    return finding(
      'error',
      `${because}; dash, the sh of this image, dies of the signal and the application is killed with the container`,
      remedy,
    );
  }
  return finding('warning', `${because}; where sh is dash, as on Debian, the drain is cut`, remedy);
}

/** `npm ci` and `npx prisma migrate` are steps of their own and start no service. */
function startsApplication(program: string, words: readonly string[]): boolean {
  const [verb = '', name = ''] = words.slice(1).filter((word) => !word.startsWith('-'));
  if (program === 'npx' || program === 'pnpx')
    return ['nest', 'node', 'ts-node', 'tsx'].includes(verb);
  if (verb === 'start' || verb.startsWith('start:')) return true;
  if (verb === 'run' || verb === 'run-script')
    return /^(start|serve|dev|prod|server|api|worker)/.test(name);
  if (verb === 'exec') return name === 'node' || name === 'nest';
  return program === 'yarn' && verb === 'node';
}

function scriptName(words: readonly string[]): string {
  const [verb = '', name = ''] = words.slice(1).filter((word) => !word.startsWith('-'));
  return verb === 'run' || verb === 'run-script' ? name : verb;
}

function ofShell(
  program: string,
  args: readonly string[],
  context: CommandContext,
): FrontFinding | undefined {
  const shell = program === 'sh' ? context.shell : (program as Shell);
  const flag = args.findIndex((arg) => COMMAND_FLAG.test(arg));
  if (flag !== -1) return ofText(args[flag + 1] ?? '', shell, context);
  const file = args.findIndex((arg) => !arg.startsWith('-'));
  return file === -1 ? undefined : ofScript(args.slice(file), context);
}

/** A script is read when it is there; one that is not is not accused. */
function ofScript(words: readonly string[], context: CommandContext): FrontFinding | undefined {
  const [path = ''] = words;
  const text = context.script?.(path);
  if (text === undefined) return undefined;
  // A script may end in itself, by way of others too: each is read once.
  const others: CommandContext = {
    ...context,
    script: (other) => (other === path ? undefined : context.script?.(other)),
  };
  const lines = text
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const last = lines.findLast((line) => line !== 'fi' && line !== 'done' && line !== ';;') ?? '';
  if (/^exec\s+"?\$[@*]"?/.test(last)) return inFrontOfNode(words.slice(1), others);
  if (/^exec\s/.test(last)) return inFrontOfNode(splitWords(last), others);
  if (!startsNode([last])) return undefined;
  return finding(
    'error',
    `the script ${path} stays in front of the application and keeps the signal: a script is no last command that a shell replaces`,
    `End the script with exec ${last}`,
  );
}

function ofText(line: string, shell: Shell, context: CommandContext): FrontFinding | undefined {
  if (!startsNode([line])) return undefined;
  const parts = line.split(/&&|\|\||[;|\n]|(?<![&>])&(?![&>])/).map((part) => part.trim());
  const last = parts.findLast((part) => part !== '') ?? '';
  if (/(?<![&>|])&(?![&>])/.test(line) && /(^|\s)exec\s/.test(last)) return background(last);
  const isChain = /\|\||(?<!\|)\|(?!\|)|\btrap\b/.test(line);
  const starts = withoutWrappers(splitWords(last));
  if (/^exec\s/.test(last) && !/(?<!\|)\|(?!\|)/.test(line)) return inFrontOfNode(starts, context);
  const inner = inFrontOfNode(starts, context);
  if (inner?.severity === 'error') return inner;
  const remedy = `Write exec in front of the last command, as in sh -c "exec ${starts.join(' ')}", or start Node without a shell.`;
  if (isChain) {
    return finding(
      'error',
      'the shell stays in front of the application and keeps the signal (a pipe, || or a trap)',
      remedy,
    );
  }
  if (shell === 'dash') {
    return finding(
      'error',
      'dash, the sh of this image, stays in front of the application and keeps the signal',
      remedy,
    );
  }
  if (shell === 'bash' && /[>(]/.test(line)) {
    return finding(
      'error',
      'bash stays in front of a redirection or a subshell and keeps the signal',
      remedy,
    );
  }
  if (shell === 'unknown') {
    return finding(
      'warning',
      'a shell is in front of the application; where it is dash, as on Debian, it keeps the signal',
      remedy,
    );
  }
  return (
    inner ??
    finding('note', `${shell} replaces itself with its last command, other shells do not`, remedy)
  );
}

function background(last: string): FrontFinding {
  return {
    rule: 'command/background',
    severity: 'warning',
    message:
      'what is started with & in front of the application is told nothing when the container stops, and is killed with it',
    remedy: `Start it in a container of its own, and keep ${last} alone here.`,
  };
}

/** Words of a command without a shell's other syntax; quotes hold together. */
export function splitWords(line: string): readonly string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|[^\s"']+/g)].map(
    ([whole, double, single]) => double ?? single ?? whole,
  );
}

function finding(
  severity: FrontFinding['severity'],
  message: string,
  remedy: string,
): FrontFinding {
  return { rule: 'command/pid1', severity, message, remedy };
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
