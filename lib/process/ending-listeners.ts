import { clip } from '../engine/clip.js';

/** Any function: only its text is looked at. */
type AnyFunction = (...args: never[]) => void;

/** What a listener's source text tells about the end of the process. */
export interface EndingListener {
  /** The beginning of its source, on one line. */
  readonly excerpt: string;
  /** The limits after which a timer of it ends the process, in milliseconds; empty when there are none, or they are no literals. */
  readonly forcedAfterMs: readonly number[];
}

const MAX_EXCERPT_LENGTH = 80;
const COMMENT_OR_STRING =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g;
/** `process.exit(`, as compilers and bundlers write it too (`node_process_1.default.exit`), and `exit(` by an import. */
const EXIT = /\b\w*process\w*(?:\.default)?\??\.(?:exit|reallyExit|abort)\b|(?<![\w$.])exit\s*\(/;
/** `app.close()` and `graceful.shutdown()`: what comes behind them comes when the shutdown is over. */
const CLOSE = /([\w$]+)\s*\??\.\s*(close|shutdown)\s*\(/g;
/** What can be closed and is not the application. */
const NOT_THE_APPLICATION =
  /server|pool|client|conn|redis|mongo|db|database|prisma|orm|source|queue|worker|sdk|telemetry|tracer|provider|socket|broker|logger/i;
const TIMER = /setTimeout\s*\(/g;
const TIMER_LIMIT = /,\s*([\d_]+)\s*(?:,|$)/g;

/**
 * Looks at the text of a listener for a stop signal: whether it ends the process before the application is closed.
 * Undefined when it does not, and when that can't be seen: a bound function has no text, and what it calls is not
 * followed. A listener that first looks whether others listen (signal-exit, tsx) leaves the end to them.
 */
export function endingListener(listener: AnyFunction): EndingListener | undefined {
  const source = textOf(listener);
  const code = source.replace(COMMENT_OR_STRING, (part) => (part.startsWith('/') ? '' : "''"));
  if (!EXIT.test(code) || /\blisteners?(Count)?\s*\(/.test(code)) return undefined;
  const { rest, timers } = withoutTimers(code);
  const forced = timers.filter(
    (timer) => EXIT.test(timer.code) && !closesApplication(timer.before),
  );
  const at = rest.search(EXIT);
  const endsItself = at >= 0 && !closesApplication(rest.slice(0, at));
  if (!endsItself && forced.length === 0) return undefined;
  return {
    excerpt: clip(source, MAX_EXCERPT_LENGTH),
    forcedAfterMs: endsItself ? [] : forced.flatMap(limitsOf),
  };
}

/** `pool.end()`, `prisma.$disconnect()` and the like, with what it is called on. */
const CLOSE_OF_SOMETHING =
  /([\w$]+)\s*\??\.\s*(?:end|close|quit|disconnect|\$disconnect|destroy|shutdown|stop)\s*\(/g;

/**
 * The beginning of a listener for a stop signal that closes what requests may still need, such as a pool; undefined when it
 * does not, or when that can't be seen. What it closes after the application does no harm.
 */
export function closingListener(listener: AnyFunction): string | undefined {
  const source = textOf(listener);
  const code = source.replace(COMMENT_OR_STRING, (part) => (part.startsWith('/') ? '' : "''"));
  if (/\blisteners?(Count)?\s*\(/.test(code)) return undefined;
  const early = [...code.matchAll(CLOSE_OF_SOMETHING)].find(([, object = '']) =>
    NOT_THE_APPLICATION.test(object),
  );
  if (!early || closesApplication(code.slice(0, early.index))) return undefined;
  return clip(source, MAX_EXCERPT_LENGTH);
}

/** Whether the callback of a timer does nothing but end the process: a limit, and not work that is waited for. */
export function looksLikeForcedEnd(callback: AnyFunction): boolean {
  const code = textOf(callback).replace(COMMENT_OR_STRING, '');
  return EXIT.test(code) && !/\b(await|then|finally|close|shutdown)\b/.test(code);
}

function closesApplication(code: string): boolean {
  return [...code.matchAll(CLOSE)].some(([, object = '', method]) =>
    method === 'shutdown' ? /graceful/i.test(object) : !NOT_THE_APPLICATION.test(object),
  );
}

/** The arguments of `setTimeout()`, and what comes before it. */
interface TimerCall {
  readonly code: string;
  readonly before: string;
}

function withoutTimers(code: string): { rest: string; timers: TimerCall[] } {
  const timers: TimerCall[] = [];
  let rest = '';
  let end = 0;
  for (const { 0: call, index } of code.matchAll(TIMER)) {
    if (index < end) continue; // a timer in a timer
    rest += code.slice(end, index);
    end = closingBracket(code, index + call.length);
    timers.push({ code: code.slice(index + call.length, end), before: rest });
  }
  return { rest: rest + code.slice(end), timers };
}

/** Where the bracket ends that is open at this place. */
function closingBracket(code: string, from: number): number {
  let depth = 1;
  for (let at = from; at < code.length; at += 1) {
    if (code[at] === '(') depth += 1;
    else if (code[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return code.length;
}

function limitsOf({ code }: TimerCall): number[] {
  return [...code.matchAll(TIMER_LIMIT)].map(([, limit = '']) => Number(limit.replaceAll('_', '')));
}

function textOf(listener: AnyFunction): string {
  const text = Function.prototype.toString.call(listener);
  return text.includes('[native code]') ? '' : text;
}
