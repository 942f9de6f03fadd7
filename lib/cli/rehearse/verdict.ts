import { CAUSES, type Cause } from './diagnose.js';
import type { ArmResult } from './arm.js';

/** Fewer requests than this prove nothing: 3 in so many is what may be lost unseen, at 95 %. */
const FEWEST_REQUESTS = 300;
/** A generator that sends less than this of what is due was itself too slow. */
const LEAST_SENT = 0.9;

export interface Verdict {
  readonly verdict: 'passed' | 'missed' | 'inconclusive';
  /** What speaks against it, each a sentence. */
  readonly reasons: readonly string[];
  readonly sentence: string;
}

/** The module must lose nothing and end by itself; the application without it must lose something, or the rig is blind. */
export function judge(control: ArmResult, module: ArmResult): Verdict {
  const missed = reasonsAgainst(module);
  if (missed.length > 0) {
    const sentence = `With the module, ${module.lost} of ${module.requests} were lost.`;
    return { verdict: 'missed', reasons: missed, sentence };
  }
  const unsure = doubts(control, module);
  const { requests } = module;
  const without = `Without it, ${control.lost} of ${control.requests} were lost.`;
  const sentence = `With the module, 0 of ${requests} were lost: fewer than 1 in ${Math.floor(requests / 3)} at 95 %. ${without}`;
  return { verdict: unsure.length > 0 ? 'inconclusive' : 'passed', reasons: unsure, sentence };
}

function reasonsAgainst({ losses, stops }: ArmResult): string[] {
  const lost = Object.entries(losses).map(([cause, count]) => {
    const { text, remedy } = CAUSES[cause as Cause];
    return `${count} ${text}. ${remedy}`;
  });
  const killed = stops
    .filter((stop) => stop.killed)
    .map(({ name }) => `${name} was killed: it had not ended when its grace period was over.`);
  const codes = stops
    .filter((stop) => !stop.killed && stop.code !== 0)
    .map(({ name, code, signal }) => `${name} ended with ${signal ?? `code ${code}`}, not with 0.`);
  return [...lost, ...killed, ...codes];
}

function doubts(control: ArmResult, module: ArmResult): string[] {
  const few = Math.min(control.requests, module.requests);
  const slow = [control, module].some(({ requests, due }) => requests < due * LEAST_SENT);
  return [
    ...(control.lost === 0
      ? [
          'Without the module nothing was lost either: raise --rate or --lag, or ask for other paths (--path).',
        ]
      : []),
    ...(few < FEWEST_REQUESTS
      ? [`${few} requests are too few, ${FEWEST_REQUESTS} are the least: raise --rate.`]
      : []),
    ...(slow
      ? ['The load fell behind its rate: lower --rate, or use a machine with nothing else to do.']
      : []),
  ];
}
