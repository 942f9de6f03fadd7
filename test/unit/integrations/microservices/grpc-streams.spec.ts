import { describe, expect, it } from '@jest/globals';
import { EventEmitter } from 'node:events';
import { GrpcStreams } from '../../../../lib/integrations/microservices/grpc-streams.js';
import { manyTurns } from '../../../support/many-turns.js';
import { VirtualClock } from '../../../support/virtual-clock.js';

const DRAIN_MS = 40_000;
const PATIENCE_MS = 30_000;
const SILENCE_MS = 10_000;

/** As much of a call of grpc-js as is used: it ends when it is told to, and says by which status. */
class FakeCall extends EventEmitter {
  pendingStatus = { code: 0, details: 'OK' };
  cancelled = false;
  endedWith?: number;
  deadline = Infinity;

  getDeadline(): number {
    return this.deadline;
  }

  write(message?: unknown): boolean {
    this.emit('written', message);
    return true;
  }

  end(): void {
    if (this.endedWith !== undefined) return;
    this.endedWith = this.pendingStatus.code;
    this.emit('finish');
    this.emit('close');
  }

  /** Its client has gone. */
  cancel(): void {
    this.cancelled = true;
    this.end();
  }
}

/** Whoever is told is told a turn of the event loop later, which is no time. */
class Clock extends VirtualClock {
  override async advance(ms: number): Promise<void> {
    await super.advance(ms);
    await manyTurns();
  }
}

const answerOnce = () => undefined;

function rig(said: Record<string, boolean> = {}) {
  const clock = new Clock();
  const streams = new GrpcStreams(clock, (path) => said[path]);
  const calls: FakeCall[] = [];
  const handler = { type: 'serverStream', func: (call: FakeCall) => void calls.push(call) };
  const other = { type: 'bidi', func: (call: FakeCall) => void calls.push(call) };
  const unary = { type: 'unary', func: answerOnce };
  const handlers = new Map<string, object>(
    Object.entries({ '/a/Watch': handler, '/a/Talk': other, '/a/Ask': unary }),
  );
  streams.follow(handlers, () => true);
  const call = (deadlineInMs = Infinity, method = handler) => {
    const begun = new FakeCall();
    begun.deadline = clock.now() + deadlineInMs;
    method.func(begun);
    return begun;
  };
  const abort = new AbortController();
  const leave = async () => {
    await streams.leave(abort.signal, DRAIN_MS);
    await manyTurns();
  };
  /** Writes every second, as long as it is let. */
  const speak = async (ms: number, ...speaking: FakeCall[]) => {
    for (let at = 0; at < ms; at += 1_000) {
      await clock.advance(1_000);
      for (const one of speaking) one.write({});
    }
  };
  return { clock, streams, call, leave, speak, other, unary, handler };
}

describe('streams of a gRPC server', () => {
  it('one that is older than a minute, and others of its method, are told as the drain begins', async () => {
    const { clock, call, leave } = rig();
    const old = call();
    await clock.advance(61_000);
    const young = call();
    await leave();

    expect([old.endedWith, young.endedWith]).toEqual([14, 14]);
  });

  it('they are told in rounds', async () => {
    const { clock, call, leave } = rig();
    const calls = Array.from({ length: 100 }, () => call());
    await clock.advance(61_000);
    const left = leave();
    await manyTurns();
    const told = () => calls.filter(({ endedWith }) => endedWith === 14).length;
    expect(told()).toBe(25);
    await clock.advance(200);
    expect(told()).toBe(50);
    await clock.advance(400);
    await left;
    expect(told()).toBe(100);
  });

  it('one that goes on is waited for up to three quarters of the drain', async () => {
    const { call, leave, speak } = rig();
    const stream = call();
    await leave();
    await speak(PATIENCE_MS - 1_000, stream);
    expect(stream.endedWith).toBeUndefined();
    await speak(2_000, stream);
    expect(stream.endedWith).toBe(14);
  });

  it('one that is silent is waited for up to a quarter', async () => {
    const { clock, call, leave } = rig();
    const stream = call();
    await leave();
    await clock.advance(SILENCE_MS - 1);
    expect(stream.endedWith).toBeUndefined();
    await clock.advance(1);
    expect(stream.endedWith).toBe(14);
  });

  it('one that comes while it drains is no different', async () => {
    const { clock, call, leave } = rig();
    await leave();
    await clock.advance(1_000);
    const stream = call();
    await clock.advance(SILENCE_MS);
    expect(stream.endedWith).toBe(14);
  });

  it.each(['serverStream', 'bidi'])(
    'one of a method that has completed a %s before is waited for to the end',
    async (type) => {
      const { clock, streams, call, leave, other, handler } = rig();
      const method = type === 'bidi' ? other : handler;
      call(Infinity, method).end();
      const stream = call(Infinity, method);
      await clock.advance(61_000);
      await leave();
      await clock.advance(DRAIN_MS);
      expect(stream.endedWith).toBeUndefined();
      streams.cut();
      expect(stream.endedWith).toBe(14);
    },
  );

  it('the end of a client, of an error or of a long life says nothing of the next', async () => {
    const { clock, call, leave } = rig();
    call().cancel();
    const failed = call();
    failed.pendingStatus = { code: 13, details: 'broken' };
    failed.end();
    const long = call();
    await clock.advance(61_000);
    long.end();
    const stream = call();
    await leave();
    await clock.advance(SILENCE_MS);
    expect(stream.endedWith).toBe(14);
  });

  it('one whose deadline comes in time is left to it', async () => {
    const { clock, call, leave } = rig();
    const soon = call(PATIENCE_MS - 1_000);
    const late = call(DRAIN_MS);
    await leave();
    await clock.advance(SILENCE_MS);
    expect([soon.endedWith, late.endedWith]).toEqual([undefined, 14]);
  });

  it('what is written after the goodbye goes nowhere, and the status stays', async () => {
    const { clock, call, leave } = rig();
    const stream = call();
    let written = 0;
    await clock.advance(61_000);
    stream.on('written', () => (written += 1));
    stream.write({});
    await leave();
    expect(stream.write({})).toBe(true);
    stream.pendingStatus = { code: 2, details: 'write after end' };

    expect(written).toBe(1);
    expect(stream.pendingStatus.code).toBe(14);
  });

  describe('of a method that is said to be endless', () => {
    it('are told in rounds as the drain begins, however young, and also if others have ended', async () => {
      const { clock, call, leave } = rig({ '/a/Watch': true });
      call().end();
      const calls = Array.from({ length: 50 }, () => call(PATIENCE_MS / 2));
      const left = leave();
      await manyTurns();
      const told = () => calls.filter(({ endedWith }) => endedWith === 14).length;
      expect(told()).toBe(25);
      await clock.advance(200);
      await left;
      expect(told()).toBe(50);
    });

    it('one that comes while it drains is told when its handler has begun', async () => {
      const { clock, call, leave } = rig({ '/a/Watch': true });
      await leave();
      const stream = call();
      expect(stream.endedWith).toBeUndefined();
      await clock.advance(0);
      expect(stream.endedWith).toBe(14);
    });
  });

  it('one of a method that is said to end is never told before the deadline, however old or silent', async () => {
    const { clock, streams, call, leave, other } = rig({ '/a/Watch': false });
    const old = call();
    const unsaid = call(Infinity, other);
    await clock.advance(61_000);
    await leave();
    const young = call();
    await clock.advance(DRAIN_MS - 1);
    expect([old, young, unsaid].map(({ endedWith }) => endedWith)).toEqual([
      undefined,
      undefined,
      14,
    ]);
    streams.cut();
    expect([old.endedWith, young.endedWith]).toEqual([14, 14]);
  });

  it('calls without a streaming answer are not its business, and no timer is left', async () => {
    const { clock, streams, leave, unary } = rig();
    expect(unary.func).toBe(answerOnce);
    await leave();
    streams.forgetTimers();
    expect(clock.pendingTimers).toBe(0);
  });
});
