import { expect, it } from '@jest/globals';
import { sharedProcessOf } from '../../../lib/process/shared-process.js';
import { FakeProcess } from '../../support/fake-process.js';

it('applications of one process share what they need of it', () => {
  expect(sharedProcessOf(new FakeProcess())).not.toBe(sharedProcessOf(new FakeProcess()));
  const port = new FakeProcess();
  expect(sharedProcessOf(port)).toBe(sharedProcessOf(port));
});

it('one shield is up until the last of them needs it no longer', () => {
  const port = new FakeProcess();
  const shared = sharedProcessOf(port);
  const first = shared.shieldOutput();
  const second = shared.shieldOutput();
  expect(port.shields).toBe(1);
  first();
  first();
  expect(port.shields).toBe(1);
  second();
  expect(port.shields).toBe(0);
  shared.shieldOutput()();
  expect(port.shields).toBe(0);
});

it('the end of the process is told to all who still watch', () => {
  const port = new FakeProcess();
  const shared = sharedProcessOf(port);
  const told: string[] = [];
  const undo = shared.onExit((code) => told.push(`first ${code}`));
  shared.onExit((code) => told.push(`second ${code}`));
  port.exit(1);
  undo();
  port.exit(2);
  expect(told).toEqual(['first 1', 'second 1', 'second 2']);
});
