import { describe, expect, it } from '@jest/globals';
import { Budget } from '../../../lib/engine/budget.js';
import { PhaseGraph } from '../../../lib/engine/phase-graph.js';
import { phase } from '../../support/engine.js';

const announce = phase('announce', { timeoutMs: 500 });
const drain = phase('drain', { settleMs: 100 });
const flush = phase('flush', { timeoutMs: 400, reserveMs: 400 });
const close = phase('close', { reserveMs: 600, settleMs: 50 });
const budget = new Budget(1_000, 5_000, new PhaseGraph([announce, drain, flush, close]));

describe('the budget', () => {
  it('ends at one deadline', () => {
    expect(budget.deadline).toBe(6_000);
  });

  it('gives a phase its timeout', () => {
    expect(budget.phaseDeadline(announce, 1_000)).toBe(1_500);
    expect(budget.phaseDeadline(flush, 2_000)).toBe(2_400);
  });

  it('gives one whose wait ends by itself a little more, but nothing of what is reserved', () => {
    expect(budget.phaseDeadline({ ...announce, slackMs: 20 }, 1_000)).toBe(1_520);
    expect(budget.phaseDeadline({ ...drain, slackMs: 20 }, 1_500)).toBe(
      budget.phaseDeadline(drain, 1_500),
    );
  });

  it('gives a phase without one what is left, less its own settle time and what the later ones need', () => {
    expect(budget.phaseDeadline(drain, 1_500)).toBe(6_000 - 100 - 400 - 600 - 50);
    expect(budget.phaseDeadline(close, 1_500)).toBe(6_000 - 50);
  });

  it('gives the same end to a phase that starts later', () => {
    expect(budget.phaseDeadline(drain, 4_000)).toBe(budget.phaseDeadline(drain, 1_500));
  });

  it('gives a deadline in the past when the time is already spent', () => {
    expect(budget.phaseDeadline(flush, 5_900)).toBe(6_000 - 600 - 50);
  });
});

describe('the budget of a graph', () => {
  const audit = phase('audit', { after: ['drain'], reserveMs: 700, settleMs: 10 });
  const metrics = phase('metrics', { after: ['drain'], timeoutMs: 50, reserveMs: 20 });
  const last = phase('last', { after: ['audit', 'metrics'], reserveMs: 300 });
  const graph = new PhaseGraph([drain, audit, metrics, last]);

  it('keeps what the longest way to the end has reserved, not the sum of all', () => {
    const forked = new Budget(0, 5_000, graph);
    expect(forked.phaseDeadline(drain, 0)).toBe(5_000 - 100 - 710 - 300);
    expect(forked.phaseDeadline(audit, 0)).toBe(5_000 - 10 - 300);
    expect(forked.phaseDeadline(metrics, 4_680)).toBe(5_000 - 300);
    expect(forked.phaseDeadline(last, 0)).toBe(5_000);
  });

  it('fits exactly when the longest way takes all of it', () => {
    const tight = new Budget(0, 1_110, graph);
    expect(tight.phaseDeadline(drain, 0)).toBe(0);
    expect(tight.settleMs(drain)).toBe(100);
    expect(tight.phaseDeadline(audit, 100)).toBe(800);
  });

  it('gives everybody the same part of what is too short', () => {
    const half = new Budget(0, 555, graph);
    expect(half.settleMs(drain)).toBe(50);
    expect(half.phaseDeadline(drain, 0)).toBeCloseTo(0);
    expect(half.phaseDeadline(audit, 50)).toBeCloseTo(555 - 5 - 150);
    expect(half.phaseDeadline(last, 405)).toBe(555);
  });

  it('gives nobody anything when there is none', () => {
    const none = new Budget(7, 0, graph);
    expect(none.settleMs(drain)).toBe(0);
    for (const one of graph.phases) expect(none.phaseDeadline(one, 7)).toBe(7);
  });

  it('is not scaled when nothing is reserved', () => {
    const free = new Budget(0, 0, new PhaseGraph([announce]));
    expect(free.phaseDeadline(announce, 0)).toBe(0);
  });
});
