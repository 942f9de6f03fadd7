import { expect, it } from '@jest/globals';
import type { Worker } from 'node:cluster';
import { EventEmitter } from 'node:events';
import { leaveVoluntarily } from '../../../lib/nest/cluster-worker.js';

const errorOf = (code: string) => Object.assign(new Error(`write ${code}`), { code });

it('a worker that leaves survives a message that its primary can not get any more', () => {
  const worker = new EventEmitter() as Worker;
  expect(() => worker.emit('error', errorOf('EPIPE'))).toThrow('write EPIPE');

  const undo = leaveVoluntarily(worker);
  expect(worker.exitedAfterDisconnect).toBe(true);
  expect(worker.emit('error', errorOf('EPIPE'))).toBe(true);
  expect(() => worker.emit('error', errorOf('EMFILE'))).toThrow('write EMFILE');

  undo();
  expect(worker.exitedAfterDisconnect).toBeUndefined();
  expect(() => worker.emit('error', errorOf('EPIPE'))).toThrow('write EPIPE');
});

it('leaves other errors to a listener of the application', () => {
  const worker = new EventEmitter() as Worker;
  const heard: Error[] = [];
  worker.on('error', (error: Error) => heard.push(error));
  leaveVoluntarily(worker);
  worker.emit('error', errorOf('EMFILE'));
  expect(heard).toHaveLength(1);
});
