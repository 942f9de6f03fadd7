import { afterEach, describe, expect, it } from '@jest/globals';
import { onOwnSignal } from '../../../lib/process/own-signals.js';

const killOf = () => Reflect.get<NodeJS.Process, 'kill'>(process, 'kill');
const kill = killOf();
const sent: unknown[][] = [];

/** Stands for the kernel: nothing is really sent. */
function fakeKill(this: unknown, ...call: unknown[]): true {
  sent.push([this === process, ...call]);
  return true;
}

afterEach(() => {
  process.kill = kill;
  sent.length = 0;
});

describe('signals that the process sends to itself', () => {
  it('are told, and go their way as before', () => {
    process.kill = fakeKill;
    const heard: string[] = [];
    const undo = onOwnSignal((signal) => heard.push(signal));
    process.kill(process.pid, 'SIGTERM');
    process.kill(process.pid, 2);
    process.kill(0, 'SIGHUP');
    process.kill(process.pid);
    expect(heard).toEqual(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTERM']);
    expect(sent[0]).toEqual([true, process.pid, 'SIGTERM']);
    undo();
    expect(killOf()).toBe(fakeKill);
  });

  it('are not those for others, and not the question whether a process is there', () => {
    process.kill = fakeKill;
    const heard: string[] = [];
    const undo = onOwnSignal((signal) => heard.push(signal));
    process.kill(process.pid + 1, 'SIGTERM');
    process.kill(process.pid, 0);
    undo();
    expect([heard, sent.length]).toEqual([[], 2]);
  });

  it('are not told when they could not be sent', () => {
    process.kill = () => {
      throw new Error('EPERM');
    };
    const heard: string[] = [];
    const undo = onOwnSignal((signal) => heard.push(signal));
    expect(() => process.kill(process.pid, 'SIGTERM')).toThrow('EPERM');
    undo();
    expect(heard).toEqual([]);
  });

  it('are no longer told after the undo, though somebody else has wrapped it meanwhile', () => {
    process.kill = fakeKill;
    const heard: string[] = [];
    const undo = onOwnSignal((signal) => heard.push(signal));
    const ours = process.kill.bind(process);
    const theirs: typeof process.kill = (pid, signal) => ours(pid, signal);
    process.kill = theirs;
    undo();
    expect(killOf()).toBe(theirs);
    process.kill(process.pid, 'SIGTERM');
    expect([heard, sent.length]).toEqual([[], 1]);
  });
});
