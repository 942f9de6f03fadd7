import { Deployment } from './deployment.js';
import { DeskClient } from './desk-client.js';
import { TickClient } from './tick-client.js';
import type { Comeback } from './comeback.js';

/** Short, so that you need not wait for SIGKILL. */
const GRACE_MS = 4_000;
const CLIENTS = 3;

export interface Outcome {
  readonly asked: number;
  readonly answered: number;
  /** Had no answer as their connection broke, so nobody knows whether they were done. */
  readonly lost: number;
  /** Of those that were lost: the server has done them, and nobody heard of it. */
  readonly doneUnheard: number;
  /** Told with 1012 that they were not begun, so they were asked again. */
  readonly askedAgain: number;
  readonly doneTwice: number;
  readonly sockets: readonly Comeback[];
  readonly events: number;
  readonly missed: number;
  readonly doubled: number;
  readonly streams: readonly Comeback[];
  /** How the instance ended that was rolled. */
  readonly end: string;
  readonly seconds: number;
  /** What the module says about it. */
  readonly report: string;
}

/** A rolling deploy of one instance, amid what its clients ask and follow. */
export async function measure(graceful: 'on' | 'off'): Promise<Outcome> {
  const deployment = new Deployment(graceful, GRACE_MS);
  const url = await deployment.start();
  const desks = Array.from({ length: CLIENTS }, (_, index) => {
    return new DeskClient(`c${index + 1}`, `${url.replace('http', 'ws')}/desk`);
  });
  const ticks = new TickClient(`${url}/ticks`);
  const served = (instance: string) =>
    Promise.all([...desks.map((desk) => desk.answers(5, instance)), ticks.events(3, instance)]);

  await served('instance-1');
  const { old, successor, end, seconds } = await deployment.roll();
  await served(successor);
  await Promise.all(desks.map((desk) => desk.stop()));
  ticks.stop();
  await deployment.stop();

  const done = deployment.instances.flatMap(({ lines }) => lines).flatMap(questionDone);
  const asked = sum(desks.map((desk) => desk.asked));
  const answered = sum(desks.map((desk) => desk.answered));
  return {
    asked,
    answered,
    lost: sum(desks.map((desk) => desk.lost)),
    doneUnheard: new Set(done).size - answered,
    askedAgain: sum(desks.map((desk) => desk.askedAgain)),
    doneTwice: done.length - new Set(done).size,
    sockets: desks.flatMap(({ comebacks }) => comebacks),
    events: ticks.ids.length,
    missed: ticks.missed,
    doubled: ticks.doubled,
    streams: ticks.comebacks,
    end,
    seconds,
    report: old.lines.slice(old.lines.indexOf('')).join('\n').trim(),
  };
}

function questionDone(line: string): string[] {
  return /question (\S+) done/.exec(line)?.slice(1) ?? [];
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
