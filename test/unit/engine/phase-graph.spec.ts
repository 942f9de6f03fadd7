import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DuplicatePhaseError } from '../../../lib/errors/duplicate-phase.error.js';
import { OrderCycleError } from '../../../lib/errors/order-cycle.error.js';
import { UnknownPhaseError } from '../../../lib/errors/unknown-phase.error.js';
import { PhaseGraph } from '../../../lib/engine/phase-graph.js';
import type { Phase } from '../../../lib/engine/phase.js';
import { phase } from '../../support/engine.js';
import { check } from '../../support/property.js';

/** Each phase with those it directly waits for, such as `drain < announce`. */
function drawn(graph: PhaseGraph): string[] {
  return graph.names.map((name) => [name, ...graph.directlyBefore(name)].join(' < '));
}

function thrownBy(phases: readonly Phase[]): unknown {
  try {
    return new PhaseGraph(phases);
  } catch (error) {
    return error;
  }
}

describe('a list of phases', () => {
  it('is a chain', () => {
    const graph = new PhaseGraph([phase('announce'), phase('drain'), phase('close')]);
    expect(drawn(graph)).toEqual(['announce', 'drain < announce', 'close < drain']);
    expect(graph.precedes('announce', 'close')).toBe(true);
    expect(graph.precedes('close', 'announce')).toBe(false);
  });

  it('may be empty, or one phase', () => {
    expect(new PhaseGraph([]).names).toEqual([]);
    expect(new PhaseGraph([]).criticalPath()).toEqual([]);
    expect(drawn(new PhaseGraph([phase('drain')]))).toEqual(['drain']);
  });
});

describe('a graph of phases', () => {
  it('lets a phase begin after others, and the next in the list still after it', () => {
    const graph = new PhaseGraph([
      phase('announce'),
      phase('drain'),
      phase('flush', { after: ['announce'] }),
      phase('close'),
    ]);
    expect(drawn(graph)).toEqual([
      'announce',
      'drain < announce',
      'flush < announce',
      'close < flush',
    ]);
  });

  it('lets a phase begin before others', () => {
    const graph = new PhaseGraph([
      phase('drain'),
      phase('close'),
      phase('audit', { after: ['drain'], before: ['close'] }),
    ]);
    expect(drawn(graph)).toEqual(['drain', 'audit < drain', 'close < audit']);
    expect(graph.phases.map(({ name }) => name)).toEqual(['drain', 'audit', 'close']);
  });

  it('lets a phase that says only what comes after it begin at once', () => {
    const graph = new PhaseGraph([phase('drain'), phase('alarm', { before: ['drain'] })]);
    expect(drawn(graph)).toEqual(['alarm', 'drain < alarm']);
    const beside = new PhaseGraph([phase('drain'), phase('alarm', { before: [] })]);
    expect(drawn(beside)).toEqual(['drain', 'alarm']);
  });

  it('lets a phase that comes after nothing begin at once', () => {
    const graph = new PhaseGraph([phase('drain'), phase('close'), phase('metrics', { after: [] })]);
    expect(graph.directlyBefore('metrics')).toEqual([]);
    expect(graph.precedes('drain', 'metrics')).toBe(false);
    expect(graph.precedes('metrics', 'close')).toBe(false);
  });

  it('names a phase that is listed further down', () => {
    const graph = new PhaseGraph([
      phase('close', { after: ['flush', 'audit'] }),
      phase('flush', { after: [] }),
      phase('audit', { after: ['flush'] }),
    ]);
    expect(drawn(graph)).toEqual(['flush', 'audit < flush', 'close < audit']);
  });

  it('knows its phases by name', () => {
    const graph = new PhaseGraph([phase('drain')]);
    expect([graph.has('drain'), graph.has('drian')]).toEqual([true, false]);
  });
});

describe('what is no graph', () => {
  it('two phases of one name', () => {
    const error = thrownBy([phase('drain'), phase('close'), phase('drain')]);
    expect(error).toBeInstanceOf(DuplicatePhaseError);
    expect(error).toMatchObject({ phase: 'drain' });
  });

  it.each([
    ['after', { after: ['drian'] }],
    ['before', { before: ['drian'] }],
  ])('an unknown name in %s', (_, place) => {
    const error = thrownBy([phase('drain'), phase('audit', place)]) as UnknownPhaseError;
    expect(error).toBeInstanceOf(UnknownPhaseError);
    expect(error.message).toBe(
      "The phase 'audit' names the phase 'drian' (string), which does not exist. Did you mean 'drain'? Use one of: drain, audit.",
    );
  });

  it('a phase that comes after itself', () => {
    const error = thrownBy([phase('drain', { after: ['drain'] })]);
    expect(error).toBeInstanceOf(OrderCycleError);
    expect(error).toMatchObject({ cycle: ['drain', 'drain'] });
  });

  it('a circle, which is named whole', () => {
    const error = thrownBy([
      phase('announce'),
      phase('drain'),
      phase('flush'),
      phase('audit', { after: ['flush'], before: ['announce'] }),
    ]) as OrderCycleError;
    expect(error).toBeInstanceOf(OrderCycleError);
    expect(error.cycle).toEqual(['audit', 'announce', 'drain', 'flush', 'audit']);
    expect(error.message).toContain(
      'The order of the phases is a circle: audit -> announce -> drain -> flush -> audit',
    );
  });

  it('a circle through the list', () => {
    const error = thrownBy([phase('drain', { after: ['close'] }), phase('close')]);
    expect(error).toMatchObject({ cycle: ['drain', 'close', 'drain'] });
  });
});

describe('the longest way', () => {
  const graph = new PhaseGraph([
    phase('drain', { settleMs: 100 }),
    phase('audit', { after: ['drain'], reserveMs: 700, settleMs: 10 }),
    phase('metrics', { after: ['drain'], reserveMs: 20, timeoutMs: 5_000 }),
    phase('close', { after: ['audit', 'metrics'], reserveMs: 300 }),
  ]);

  it('is the one on which most is reserved', () => {
    expect(graph.criticalPath().map(({ name }) => name)).toEqual(['drain', 'audit', 'close']);
  });

  it('can be measured otherwise', () => {
    const path = graph.longestPath(({ timeoutMs }) => (timeoutMs === Infinity ? 0 : timeoutMs));
    expect(path.map(({ name }) => name)).toEqual(['drain', 'metrics', 'close']);
  });

  it('leads to the end, also when nothing weighs', () => {
    const light = new PhaseGraph([phase('drain'), phase('flush'), phase('close')]);
    expect(light.criticalPath().map(({ name }) => name)).toEqual(['drain', 'flush', 'close']);
  });

  it('is what is reserved after each phase', () => {
    const reserved = graph.names.map((name) => [name, graph.reservedAfter(name)]);
    expect(Object.fromEntries(reserved)).toEqual({
      drain: 1_010,
      audit: 300,
      metrics: 300,
      close: 0,
    });
  });
});

/** Phases in a random order; each comes after some of those that a hidden numbering puts before it. */
const graphs: fc.Arbitrary<Phase[]> = fc
  .integer({ min: 1, max: 7 })
  .chain((count) =>
    fc.tuple(
      fc.array(
        fc.record({
          earlier: fc.array(fc.nat(), { maxLength: 3 }),
          later: fc.array(fc.nat(), { maxLength: 2 }),
          reserveMs: fc.integer({ min: 0, max: 9 }),
          settleMs: fc.integer({ min: 0, max: 3 }),
        }),
        { minLength: count, maxLength: count },
      ),
      fc.array(fc.nat(), { minLength: count, maxLength: count }),
    ),
  )
  .map(([phases, shuffle]) => {
    const count = phases.length;
    const built = phases.map(({ earlier, later, ...times }, rank) =>
      phase(`p${rank}`, {
        ...times,
        after: rank === 0 ? [] : [...new Set(earlier.map((n) => `p${n % rank}`))],
        before:
          rank + 1 === count
            ? undefined
            : [...new Set(later.map((n) => `p${rank + 1 + (n % (count - rank - 1))}`))],
      }),
    );
    return built
      .map((one, index) => ({ one, key: shuffle[index] }))
      .toSorted((a, b) => a.key - b.key)
      .map(({ one }) => one);
  });

/** All ways from a phase to an end, one by one. */
function waysFrom(name: string, phases: readonly Phase[]): string[][] {
  const next = phases.filter(
    (other) =>
      other.after?.includes(name) ||
      phases.find((one) => one.name === name)?.before?.includes(other.name),
  );
  if (next.length === 0) return [[name]];
  return next.flatMap((other) => waysFrom(other.name, phases).map((way) => [name, ...way]));
}

describe('any graph of phases', () => {
  it('has each phase once, after all that it waits for', async () => {
    await check(graphs, (phases) => {
      const graph = new PhaseGraph(phases);
      expect([...graph.names].sort()).toEqual(phases.map(({ name }) => name).sort());
      const at = (name: string) => graph.names.indexOf(name);
      for (const { name, after = [], before = [] } of phases) {
        for (const earlier of after) expect(at(earlier)).toBeLessThan(at(name));
        for (const later of before) expect(at(later)).toBeGreaterThan(at(name));
      }
    });
  });

  it('puts one phase before another exactly when a way leads there', async () => {
    await check(graphs, (phases) => {
      const graph = new PhaseGraph(phases);
      for (const { name } of phases) {
        const reached = new Set(waysFrom(name, phases).flatMap((way) => way.slice(1)));
        for (const { name: other } of phases) {
          expect(graph.precedes(name, other)).toBe(reached.has(other));
        }
      }
    });
  });

  it('has reserved after a phase what the longest of all ways from it has', async () => {
    await check(graphs, (phases) => {
      const graph = new PhaseGraph(phases);
      const sum = (names: readonly string[]) =>
        phases.reduce(
          (total, { name, reserveMs, settleMs }) =>
            names.includes(name) ? total + reserveMs + settleMs : total,
          0,
        );
      for (const { name } of phases) {
        const ways = waysFrom(name, phases).map((way) => sum(way.slice(1)));
        expect(graph.reservedAfter(name)).toBe(Math.max(...ways));
      }
      const all = phases.flatMap(({ name }) => waysFrom(name, phases)).map(sum);
      const critical = graph.criticalPath().map(({ name }) => name);
      expect(sum(critical)).toBe(Math.max(...all));
      for (const [index, name] of critical.slice(1).entries()) {
        expect(graph.directlyBefore(name)).toContain(critical[index]);
      }
    });
  });
});
