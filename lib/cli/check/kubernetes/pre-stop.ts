import { splitWords } from '../command-line.js';
import type { Value } from '../text/value.js';

/** What a preStop hook does. */
export interface PreStop {
  readonly value: Value;
  /** How long it takes at least, in milliseconds; undefined when that can't be read. */
  readonly ms: number | undefined;
  /** It only waits: a sleep, and nothing else. */
  readonly onlySleeps: boolean;
  /** Why it may take for ever. */
  readonly unbounded?: string;
  /** The program that an exec hook needs. */
  readonly program?: string;
}

/** The hook of a container; undefined without one. */
export function preStopOf(container: Value): PreStop | undefined {
  const value = container.get('lifecycle', 'preStop');
  if (value.kind !== 'map') return undefined;
  const sleep = value.get('sleep', 'seconds');
  if (sleep.isSet) {
    const { number } = sleep;
    return { value, ms: number === undefined ? undefined : number * 1_000, onlySleeps: true };
  }
  const words = value.get('exec', 'command').texts;
  return words.length > 0 ? ofCommand(value, words) : { value, ms: undefined, onlySleeps: false };
}

function ofCommand(value: Value, words: readonly string[]): PreStop {
  const program = (words[0] ?? '').replace(/^.*\//, '');
  const isShell = /^(?:ba|da|a)?sh$/.test(program);
  const flag = words.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
  const script = isShell && flag !== -1 ? (words[flag + 1] ?? '') : words.join(' ');
  const sleeps = [
    ...script.matchAll(/(?:^|[\s;&|])(?:\S*\/)?sleep\s+(\d+(?:\.\d+)?)([smh]?)(?=$|[\s;&|)])/g),
  ];
  const unbounded = unboundedIn(script);
  const isLoop = /\b(?:while|until|for)\b/.test(script);
  const ms = sleeps.reduce((sum, [, amount = '', unit = '']) => {
    return sum + Number(amount) * (unit === 'm' ? 60_000 : unit === 'h' ? 3_600_000 : 1_000);
  }, 0);
  const first = splitWords(script)[0] ?? '';
  return {
    value,
    ms: sleeps.length > 0 && !isLoop ? ms : nodeTimer(words),
    onlySleeps: sleeps.length === 1 && /^(?:\S*\/)?sleep$/.test(first) && !/[;&|]/.test(script),
    program: isShell ? program : first,
    ...(unbounded !== undefined && { unbounded }),
  };
}

/** `node -e "setTimeout(() => {}, 10000)"`, for images without a shell. */
function nodeTimer(words: readonly string[]): number | undefined {
  const code = words.find((word) => word.includes('setTimeout'));
  const ms = code === undefined ? undefined : /,\s*([\d_]+)\s*\)/.exec(code)?.[1];
  return ms === undefined ? undefined : Number(ms.replaceAll('_', ''));
}

function unboundedIn(script: string): string | undefined {
  if (/\btimeout\s+(?:-\S+\s+)*\d/.test(script)) return undefined;
  const loop = /\b(while|until)\b/.exec(script)?.[1];
  const isCounted = /\$\(\(|-(?:lt|le|gt|ge)\b|\bseq\b/.test(script);
  if (loop !== undefined && !isCounted) return `its ${loop} loop has no end of its own`;
  if (/\bcurl\b/.test(script) && !/\s(?:--max-time|-m\s*\d|--connect-timeout)/.test(script)) {
    return 'curl without --max-time waits for an answer for ever';
  }
  return undefined;
}
