import { expect, it } from '@jest/globals';
import { LazyAbort } from '../../../lib/time/lazy-abort.js';

it('aborts a signal that was asked for before, with the reason', () => {
  const abort = new LazyAbort();
  const told: unknown[] = [];
  abort.signal.addEventListener('abort', () => told.push(abort.signal.reason));
  abort.abort(() => 'over');

  expect(told).toEqual(['over']);
});

it('makes no reason before anybody asks for the signal, and then one that is aborted', () => {
  const abort = new LazyAbort();
  let made = 0;
  abort.abort(() => (made += 1));

  expect([abort.aborted, made]).toEqual([true, 0]);
  const { signal } = abort;
  expect([signal.aborted, signal.reason, abort.signal === signal]).toEqual([true, 1, true]);
});

it('calls back before the signal aborts, once', () => {
  const abort = new LazyAbort();
  const told: string[] = [];
  abort.signal.addEventListener('abort', () => told.push('signal'));
  abort.whenAborted(() => told.push('callback'));
  abort.abort(() => 'first');
  abort.abort(() => 'second');

  expect(told).toEqual(['callback', 'signal']);
  expect(abort.signal.reason).toBe('first');
});
