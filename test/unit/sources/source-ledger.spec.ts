import { describe, expect, it } from '@jest/globals';
import type { UnfinishedWork } from '../../../lib/engine/record.js';
import type { TaskContext } from '../../../lib/engine/task.js';
import { SourceLedger } from '../../../lib/sources/source-ledger.js';
import type { Source } from '../../../lib/sources/source.js';

const job = (name: string): UnfinishedWork => ({ kind: 'job', name, fate: 'abandoned' });

/** A worker with two jobs in hand when the shutdown begins, and one that comes afterwards; two are cut. */
function afterShutdown(released: unknown) {
  let begun = 5;
  const source = {
    name: 'BullMQ worker mail',
    kind: 'job',
    count: () => 2,
    begun: () => begun,
  } as unknown as Source;
  const ledger = new SourceLedger();
  ledger.takeStock([source]);
  begun += 1;
  const passedOn: UnfinishedWork[] = [];
  const context = {
    unfinished: (work: UnfinishedWork) => void passedOn.push(work),
  } as unknown as TaskContext;
  const watched = ledger.watch(source, context);
  const all: UnfinishedWork[] = [
    job('one'),
    { kind: 'hook', name: 'a hook', fate: 'abandoned' },
    job('two'),
  ];
  for (const work of all) watched.unfinished(work);
  ledger.released(source, released);
  return { report: ledger.report([source]), passedOn, all };
}

describe('the ledger of a source', () => {
  it.each([
    ['says nothing of it', undefined, { givenBack: 0, cut: 2 }],
    ['gave one of them back', 1, { givenBack: 1, cut: 1 }],
    ['gave more back than were cut', 5, { givenBack: 2, cut: 0 }],
  ])('counts no piece twice when the release %s', (_when, released, expected) => {
    const { report } = afterShutdown(released);
    const whole = { name: 'BullMQ worker mail', kind: 'job', before: 2, after: 1, finished: 1 };
    expect(report).toEqual([{ ...whole, ...expected }]);
  });

  it('passes on what is unfinished, and counts no hook among the work', () => {
    const { passedOn, all } = afterShutdown(undefined);
    expect(passedOn).toEqual(all);
  });

  it('leaves out a source that had no work', () => {
    const idle = { name: 'idle', kind: 'job', count: () => 0, begun: () => 0 } as unknown as Source;
    const ledger = new SourceLedger();
    ledger.takeStock([idle]);
    expect(ledger.report([idle])).toEqual([]);
  });
});
