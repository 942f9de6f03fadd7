import { describe, expect, it } from '@jest/globals';
import { OrderCycleError } from '../../../lib/errors/order-cycle.error.js';
import { PhaseGraph } from '../../../lib/engine/phase-graph.js';
import { TaskOrder } from '../../../lib/engine/task-order.js';
import type { ShutdownTask } from '../../../lib/engine/task.js';
import { phase } from '../../support/engine.js';

const task = (name: string, phaseName = 'close'): ShutdownTask => ({
  name,
  phase: phaseName,
  run: () => undefined,
});
const names = (tasks: readonly ShutdownTask[]) => tasks.map(({ name }) => name).sort();

/** Tasks named by their stage and a letter, such as `0a`; `x…` has none and is of the phase beside. */
function ordered(...given: string[]) {
  const graph = new PhaseGraph([
    phase('drain'),
    phase('close', { after: ['drain'] }),
    phase('audit', { after: ['drain'] }),
  ]);
  const tasks = new Map(
    given.map((name) => [name, task(name, name.startsWith('x') ? 'audit' : 'close')]),
  );
  const order = new TaskOrder(graph, [...tasks.values()]);
  const get = (name: string) => tasks.get(name) as ShutdownTask;
  const stage = () => order.stage('close', ({ name }) => Number(name[0]));
  /** Through the gates between the stages. */
  const predecessors = (one: ShutdownTask): ShutdownTask[] =>
    order.predecessors(one).flatMap((other) => (other.gate ? predecessors(other) : [other]));
  const before = (name: string) => names(predecessors(get(name)));
  return { order, get, stage, before };
}

describe('the stages of a phase', () => {
  it('make a task wait for all of the stage before, and with it for all earlier ones', () => {
    const { stage, before } = ordered('0a', '0b', '1a', '3a');
    stage();
    expect(before('0a')).toEqual([]);
    expect(before('1a')).toEqual(['0a', '0b']);
    expect(before('3a')).toEqual(['1a']);
  });

  it('give in to the order: what comes after a higher stage moves up to it', () => {
    const { order, get, stage, before } = ordered('0pool', '0other', '2nest', '3repository');
    order.prefer(get('3repository'), get('0pool'));
    stage();
    expect(before('2nest')).toEqual(['0other']);
    expect(before('0pool')).toEqual(['2nest', '3repository']);
    expect(names(order.sorted('close').slice(0, 2))).toEqual(['0other', '2nest']);
  });

  it('are carried through a task of a phase that runs beside', () => {
    const { order, get, stage, before } = ordered('0late', '0early', '3a', 'x');
    order.require(get('3a'), get('x'));
    order.require(get('x'), get('0late'));
    stage();
    expect(before('0late')).toEqual(['0early', 'x']);
    expect(before('3a')).toEqual(['0early']);
    expect(names(order.sorted('audit'))).toEqual(['x']);
  });
});

describe('what is preferred once there are stages', () => {
  it('holds within a stage, and not against it', () => {
    const { order, get, stage, before } = ordered('0a', '0b', '1a');
    stage();
    expect(order.prefer(get('1a'), get('0a'))).toBe(false);
    expect(order.prefer(get('0a'), get('1a'))).toBe(true);
    expect(order.prefer(get('0b'), get('0a'))).toBe(true);
    expect(before('0a')).toEqual(['0b']);
    expect(before('1a')).toEqual(['0a', '0b']);
  });
});

describe('the order of tasks', () => {
  it('tells what must really be over from what may stand aside, also through another', () => {
    const { order, get } = ordered('0a', '0b', '0c', '0d');
    order.keep(get('0a'), get('0c'));
    order.prefer(get('0a'), get('0b'));
    order.prefer(get('0b'), get('0c'));
    order.require(get('0c'), get('0d'));
    expect(names(order.predecessors(get('0c')))).toEqual(['0a', '0b']);
    expect(names([...(order.strictly(get('0c')) ?? [])])).toEqual(['0a']);
    expect(names([...(order.strictly(get('0d')) ?? [])])).toEqual(['0c']);
    expect(order.strictly(get('0b'))).toBeUndefined();
  });

  it('holds what is required against what is preferred', () => {
    const { order, get, before } = ordered('0a', '0b');
    order.require(get('0a'), get('0b'));
    expect(order.prefer(get('0b'), get('0a'))).toBe(false);
    expect(before('0b')).toEqual(['0a']);
  });

  it('needs nothing between phases that follow one another', () => {
    const graph = new PhaseGraph([phase('drain'), phase('close')]);
    const [first, second] = [task('a', 'drain'), task('b')];
    const order = new TaskOrder(graph, [first, second]);
    order.require(first, second);
    expect(order.predecessors(second)).toEqual([]);
  });

  it('names the whole circle, and the phase that closes it', () => {
    const { order, get } = ordered('0a', '0b', '0c');
    order.require(get('0a'), get('0b'));
    order.require(get('0b'), get('0c'));
    expect(() => order.require(get('0c'), get('0a'))).toThrow('0c -> 0a -> 0b -> 0c');

    const graph = new PhaseGraph([phase('drain'), phase('close')]);
    const [early, late] = [task('early', 'drain'), task('late')];
    const across = new TaskOrder(graph, [early, late]);
    expect(() => across.require(late, early)).toThrow(OrderCycleError);
    expect(() => across.require(late, early)).toThrow(
      'late -> early -> the end of drain -> the beginning of close -> late',
    );
  });
});
