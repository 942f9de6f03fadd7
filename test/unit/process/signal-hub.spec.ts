import { describe, expect, it, beforeEach } from '@jest/globals';
import { constants } from 'node:os';
import {
  exitCodeOfSignal,
  SignalHub,
  signalHubOf,
  type SignalSubscriber,
} from '../../../lib/process/signal-hub.js';
import {
  describeReason,
  type FatalTrigger,
  type ShutdownReason,
} from '../../../lib/engine/reason.js';
import { FakeProcess } from '../../support/fake-process.js';
import { VirtualClock } from '../../support/virtual-clock.js';

let clock: VirtualClock;
let port: FakeProcess;
let hub: SignalHub;

beforeEach(() => {
  clock = new VirtualClock();
  port = new FakeProcess();
  hub = new SignalHub(port, clock);
});

function subscriber(...signals: NodeJS.Signals[]) {
  return subscribed({ signals });
}

/** One that wants errors that nobody caught to end the process in order. */
function catcher(...signals: NodeJS.Signals[]) {
  return subscribed({ signals, catchesFatalErrors: true });
}

function subscribed(options: Pick<SignalSubscriber, 'signals' | 'catchesFatalErrors'>) {
  const heard: string[] = [];
  const one = {
    ...options,
    heard,
    onSignal: (signal: NodeJS.Signals) => void heard.push(`first ${signal}`),
    onForced: (signal: NodeJS.Signals) => void heard.push(`forced ${signal}`),
    onRepeated: (signal: NodeJS.Signals, endsNow: NodeJS.Signals) =>
      void heard.push(`repeated ${signal}, ${endsNow} ends it now`),
    onListenersCut: () => void heard.push('listeners cut'),
    onRequest: (reason: ShutdownReason): void =>
      void heard.push(`requested: ${describeReason(reason)}`),
    onFatalError: (_trigger: FatalTrigger, error: unknown, further: boolean) =>
      void heard.push(`${further ? 'further' : 'fatal'}: ${(error as Error).message}`),
  };
  return Object.assign(one, { unsubscribe: hub.subscribe(one) });
}

describe('the first signal', () => {
  it('reaches those who are interested, and nobody else', () => {
    const web = subscriber('SIGTERM', 'SIGINT');
    const jobs = subscriber('SIGTERM');
    const other = subscriber('SIGHUP');
    port.send('SIGTERM');
    expect([web.heard, jobs.heard, other.heard]).toEqual([
      ['first SIGTERM'],
      ['first SIGTERM'],
      [],
    ]);
    expect([web, jobs, other].map((one) => hub.awaits(one))).toEqual([true, true, false]);
  });

  it('ends the process once all that were told have finished, with the highest code', () => {
    const web = subscriber('SIGTERM');
    const jobs = subscriber('SIGTERM');
    port.send('SIGTERM');
    hub.finished(web, 1);
    expect(port.exits).toEqual([]);
    hub.finished(jobs, 0);
    expect(port.exits).toEqual([1]);
  });

  it('ends it after the last step of each, which comes when all have finished', async () => {
    const web = subscriber('SIGTERM');
    const jobs = subscriber('SIGTERM');
    const steps: string[] = [];
    const step = (name: string) => async () => void steps.push(name);
    port.send('SIGTERM');
    hub.finished(web, 1, step('web'));
    await clock.microtasks();
    expect(steps).toEqual([]);
    hub.finished(jobs, 0, step('jobs'));
    expect([steps, port.exits]).toEqual([['web', 'jobs'], []]);
    await clock.microtasks();
    expect(port.exits).toEqual([1]);
  });

  it('ends the process once, however often they finish', () => {
    const web = subscriber('SIGTERM');
    port.send('SIGTERM');
    hub.finished(web, 0);
    hub.finished(web, 1);
    web.unsubscribe();
    expect(port.exits).toEqual([0]);
  });

  it('does not wait for one who was not told', () => {
    const web = subscriber('SIGTERM');
    subscriber('SIGHUP');
    port.send('SIGTERM');
    hub.finished(web, 0);
    expect(port.exits).toEqual([0]);
  });

  it('does not wait for one who has left', () => {
    const web = subscriber('SIGTERM');
    const gone = subscriber('SIGTERM');
    port.send('SIGTERM');
    hub.finished(web, 0);
    gone.unsubscribe();
    expect(port.exits).toEqual([0]);
  });

  it('leaves the process alone when nobody wants it to end', () => {
    const web = subscriber('SIGTERM');
    port.send('SIGTERM');
    hub.finished(web);
    expect(port.exits).toEqual([]);
  });

  it('ends it when one of two wants that, whoever is last', () => {
    for (const order of [
      [0, undefined],
      [undefined, 0],
    ]) {
      port = new FakeProcess();
      hub = new SignalHub(port, clock);
      const both = [subscriber('SIGTERM'), subscriber('SIGTERM')];
      port.send('SIGTERM');
      for (const [index, one] of both.entries()) hub.finished(one, order[index]);
      expect(port.exits).toEqual([0]);
    }
  });

  it('does not end the process for a subscriber that shuts down for another reason', () => {
    const web = subscriber('SIGTERM');
    hub.finished(web, 1);
    web.unsubscribe();
    expect(port.exits).toEqual([]);
  });
});

describe('a second signal', () => {
  /** Sends the signals one after the other, each this long after the one before. */
  async function sendAll(...signals: Array<[afterMs: number, signal: NodeJS.Signals]>) {
    for (const [afterMs, signal] of signals) {
      await clock.advance(afterMs);
      port.send(signal);
    }
  }

  const all: NodeJS.Signals[] = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'];

  it.each(all)(
    'within 250 ms of the first is the same request, whatever its name: %s',
    async (second) => {
      for (const interactive of [false, true]) {
        port = Object.assign(new FakeProcess(), { interactive });
        hub = new SignalHub(port, clock);
        const web = subscriber(...all);
        await sendAll([0, 'SIGTERM'], [5, second], [244, second]);
        expect(port.exits).toEqual([]);
        expect(web.heard).toEqual(['first SIGTERM']);
      }
    },
  );

  it('counts those 250 ms from the first, not from the last repeat', async () => {
    const web = subscriber('SIGINT');
    await sendAll([0, 'SIGINT'], [100, 'SIGINT'], [100, 'SIGINT'], [49, 'SIGINT']);
    expect(web.heard).toEqual(['first SIGINT']);
    await sendAll([1, 'SIGINT']);
    expect(web.heard).toEqual(['first SIGINT', 'repeated SIGINT, SIGQUIT ends it now']);
  });

  it.each<[NodeJS.Signals, NodeJS.Signals, number]>([
    ['SIGINT', 'SIGINT', 130],
    ['SIGTERM', 'SIGTERM', 143],
    ['SIGTERM', 'SIGHUP', 129],
  ])('of a person at a terminal ends the process now: %s, then %s', async (first, second, code) => {
    port.interactive = true;
    const web = subscriber(...all);
    const other = subscriber('SIGUSR2');
    await sendAll([0, first], [250, second]);
    expect(port.exits).toEqual([code]);
    expect(web.heard).toEqual([`first ${first}`, `forced ${second}`]);
    expect(other.heard).toEqual([`forced ${second}`]);
  });

  it.each(all)('of the same name is a repeat where nobody presses keys: %s', async (signal) => {
    const web = subscriber(...all);
    await sendAll([0, signal], [250, signal], [5_000, signal]);
    expect([port.exits, port.raised]).toEqual([[], []]);
    const endsNow = signal === 'SIGQUIT' ? 'SIGTERM' : 'SIGQUIT';
    const repeated = `repeated ${signal}, ${endsNow} ends it now`;
    expect(web.heard).toEqual([`first ${signal}`, repeated, repeated]);
  });

  it.each<[NodeJS.Signals, NodeJS.Signals, number]>([
    ['SIGTERM', 'SIGINT', 130],
    ['SIGINT', 'SIGTERM', 143],
    ['SIGTERM', 'SIGQUIT', 131],
    ['SIGUSR2', 'SIGTERM', 143],
  ])('of a stronger name ends it now: %s, then %s', async (first, second, code) => {
    subscriber(...all, 'SIGUSR2');
    await sendAll([0, first], [250, second]);
    expect(port.exits).toEqual([code]);
  });

  describe('while a reader of stdout is behind', () => {
    let read!: () => void;
    beforeEach(() => {
      port.output = new Promise((resolve) => (read = resolve));
    });

    it('ends it when that has read all, and nothing else ends it before', async () => {
      const web = subscriber(...all);
      await sendAll([0, 'SIGTERM'], [250, 'SIGQUIT']);
      expect([port.exits, web.heard.at(-1)]).toEqual([[], 'forced SIGQUIT']);
      hub.finished(web, 0);
      await clock.advance(1);
      expect(port.exits).toEqual([]);
      read();
      await clock.advance(1);
      expect(port.exits).toEqual([131]);
    });

    it('ends it at once when it comes again', async () => {
      port.interactive = true;
      const web = subscriber(...all);
      await sendAll([0, 'SIGTERM'], [250, 'SIGINT'], [10, 'SIGINT']);
      expect(port.exits).toEqual([130]);
      expect(web.heard.filter((one) => one.startsWith('forced'))).toHaveLength(1);
      read();
      await clock.advance(1);
      expect(port.exits).toEqual([130]);
    });
  });

  it.each<NodeJS.Signals>(['SIGHUP', 'SIGUSR2'])('is no stronger one: %s', async (second) => {
    const web = subscriber(...all, 'SIGUSR2');
    await sendAll([0, 'SIGTERM'], [250, second]);
    expect(port.exits).toEqual([]);
    expect(web.heard.at(-1)).toBe(`repeated ${second}, SIGQUIT ends it now`);
  });

  it('is no stronger one if it came within the first moment, too', async () => {
    const web = subscriber(...all);
    await sendAll([0, 'SIGTERM'], [5, 'SIGINT'], [5, 'SIGQUIT'], [300, 'SIGINT'], [300, 'SIGQUIT']);
    expect(port.exits).toEqual([]);
    expect(web.heard.at(-1)).toBe('repeated SIGQUIT, SIGKILL ends it now');
  });

  it('that the process has raised itself is a repeat, at a terminal, too', async () => {
    port.interactive = true;
    const web = subscriber(...all);
    await sendAll([0, 'SIGINT'], [500, 'SIGUSR2']);
    port.raiseHere('SIGINT');
    port.raiseHere('SIGTERM');
    expect(port.exits).toEqual([]);
    port.send('SIGINT'); // but this one a person has pressed
    expect(port.exits).toEqual([130]);
    expect(web.heard.filter((line) => line.startsWith('repeated'))).toHaveLength(2);
  });

  it('is said once, by one that is still busy', async () => {
    const [done, busy, other] = [
      subscriber('SIGTERM'),
      subscriber('SIGTERM'),
      subscriber('SIGTERM'),
    ];
    await sendAll([0, 'SIGTERM']);
    hub.finished(done, 0);
    await sendAll([250, 'SIGTERM']);
    expect([done, busy, other].map(({ heard }) => heard.length)).toEqual([1, 2, 1]);
  });

  it('reaches those whom the first did not, and the process waits for them', async () => {
    const [web, other] = [subscriber('SIGTERM'), subscriber('SIGHUP')];
    await sendAll([0, 'SIGTERM'], [5, 'SIGHUP']);
    expect(other.heard).toEqual(['first SIGHUP']);
    hub.finished(web, 0);
    expect(port.exits).toEqual([]);
    hub.finished(other, 0);
    expect(port.exits).toEqual([0]);
  });

  it('SIGQUIT ends it now although nobody has asked for it, and is listened to no longer than that', async () => {
    const web = subscriber('SIGTERM');
    expect(port.listenerCount('SIGQUIT')).toBe(0);
    await sendAll([0, 'SIGTERM']);
    expect(port.listenerCount('SIGQUIT')).toBe(1);
    hub.finished(web);
    expect(port.listenerCount('SIGQUIT')).toBe(0);
    await sendAll([0, 'SIGTERM'], [250, 'SIGQUIT']);
    expect(port.exits).toEqual([131]);
  });

  it('leaves SIGQUIT to an application that listens to it', async () => {
    port.onSignal('SIGQUIT', () => undefined);
    subscriber('SIGTERM');
    await sendAll([0, 'SIGTERM'], [250, 'SIGQUIT']);
    expect([port.listenerCount('SIGQUIT'), port.exits]).toEqual([1, []]);
  });

  it('is a first one again for who stays after a shutdown that did not end the process', async () => {
    const web = subscriber('SIGTERM');
    const stays = subscriber('SIGTERM', 'SIGINT');
    port.send('SIGTERM');
    hub.finished(web);
    web.unsubscribe();
    hub.finished(stays);
    port.send('SIGINT');
    expect(port.exits).toEqual([]);
    expect(stays.heard).toEqual(['first SIGTERM', 'first SIGINT']);
  });
});

describe('the end by SIGHUP', () => {
  it('is that signal again, as if nobody had listened', async () => {
    const web = subscriber('SIGHUP');
    port.send('SIGHUP');
    hub.finished(web, 0);
    expect([port.raised, port.exits]).toEqual([['SIGHUP'], []]);
  });

  it('is an exit for PID 1, which the kernel shields, and when another signal came first', () => {
    port.pid = 1;
    const web = subscriber('SIGHUP', 'SIGTERM');
    port.send('SIGHUP');
    hub.finished(web, 0);
    port.pid = 7;
    port.send('SIGTERM');
    port.send('SIGHUP');
    hub.finished(web, 3);
    expect([port.raised, port.exits]).toEqual([[], [0, 3]]);
  });

  it('is that signal at a forced end, too: the terminal is gone', async () => {
    subscriber('SIGHUP', 'SIGTERM');
    port.send('SIGHUP');
    await clock.advance(250);
    port.send('SIGTERM');
    expect([port.raised, port.exits]).toEqual([['SIGHUP'], []]);
  });
});

describe("the application's own listeners", () => {
  /** What they have begun, ended by the test; told how long the process waits. */
  function followed() {
    const state: { limitMs?: number; entered: number; stopped: number } = {
      entered: 0,
      stopped: 0,
    };
    let end: (over: boolean) => void = () => undefined;
    port.followed = {
      closed: () => undefined,
      enter: () => void (state.entered += 1),
      stop: () => void (state.stopped += 1),
      over: (limitMs) => {
        state.limitMs = limitMs;
        return new Promise((resolve) => (end = resolve));
      },
    };
    return { state, end: (over: boolean) => end(over) };
  }

  it('are waited for, until the process has to be gone', async () => {
    const { state, end } = followed();
    port.onSignal('SIGTERM', () => undefined);
    const web = subscriber('SIGTERM');
    port.send('SIGTERM');
    hub.finished(web, 1, undefined, clock.now() + 700);
    web.unsubscribe();
    await clock.microtasks();
    expect([port.exits, port.leastCode, state.limitMs]).toEqual([[], 1, 700]);
    expect(port.listenerCount('SIGTERM')).toBe(2); // a signal that comes now is ours as well
    end(true);
    await clock.microtasks();
    expect([port.exits, state.stopped, web.heard]).toEqual([[1], 1, ['first SIGTERM']]);
    expect(port.listenerCount('SIGTERM')).toBe(1);
  });

  it('are named when they are cut', async () => {
    const { end } = followed();
    port.onSignal('SIGTERM', () => undefined);
    const web = subscriber('SIGTERM');
    port.send('SIGTERM');
    hub.finished(web, 0);
    await clock.microtasks();
    end(false);
    await clock.microtasks();
    expect([web.heard.at(-1), port.exits]).toEqual(['listeners cut', [0]]);
  });

  it('that a further signal calls are followed, too', async () => {
    const { state } = followed();
    for (const signal of ['SIGTERM', 'SIGINT'] as const) port.onSignal(signal, () => undefined);
    subscriber('SIGTERM', 'SIGINT');
    port.send('SIGTERM');
    port.send('SIGINT');
    expect(state.entered).toBe(1);
  });

  it("are not Nest's, for an application that has subscribed", () => {
    followed();
    const ofNest = () => undefined;
    port.onSignal('SIGTERM', ofNest);
    hub.leads(ofNest);
    const web = subscriber('SIGTERM');
    expect(hub.othersOn('SIGTERM')).toEqual([]);
    port.send('SIGTERM');
    hub.finished(web, 0);
    expect(port.exits).toEqual([0]);
  });
});

describe('a request', () => {
  const reason: ShutdownReason = { kind: 'request', detail: 'licence expired' };

  it('ends the process as a signal does, once all applications have finished', () => {
    const asks = subscriber('SIGTERM');
    const web = subscriber('SIGTERM');
    const quiet = subscriber();
    hub.request(asks, reason);
    expect([asks, web, quiet].map(({ heard }) => heard)).toEqual([
      [],
      ['requested: licence expired'],
      ['requested: licence expired'],
    ]);
    expect([asks, web, quiet].map((one) => hub.awaits(one))).toEqual([true, true, true]);
    hub.finished(web, 2);
    hub.finished(asks, 1);
    expect(port.exits).toEqual([]);
    hub.finished(quiet);
    expect(port.exits).toEqual([2]);
  });

  it('counts all of them as busy before it tells the first, which may finish at once', () => {
    const asks = subscriber('SIGTERM');
    const hasty = subscriber('SIGTERM');
    const web = subscriber('SIGTERM');
    hasty.onRequest = () => hub.finished(hasty, 0);
    hub.request(asks, reason);
    hub.finished(asks, 0);
    expect(port.exits).toEqual([]);
    hub.finished(web, 0);
    expect(port.exits).toEqual([0]);
  });

  it('is one, however many ask, and whoever does', () => {
    const [asks, web] = [subscriber('SIGTERM'), subscriber('SIGTERM')];
    hub.request(asks, reason);
    hub.request(asks, { kind: 'request', detail: 'again' });
    hub.request(web, { kind: 'request', detail: 'me too' });
    expect([asks.heard, web.heard]).toEqual([[], ['requested: licence expired']]);
  });

  it('is not told to one who has finished while others have not', () => {
    const [asks, web, done] = [subscriber(), subscriber(), subscriber()];
    hub.request(asks, reason);
    hub.finished(done, 0);
    hub.request(done, reason);
    hub.finished(asks, 0);
    hub.finished(web, 0);
    expect(port.exits).toEqual([0]);
  });

  it('during the end that a signal began is joined by those it had not reached', () => {
    const web = subscriber('SIGTERM');
    const other = subscriber('SIGHUP');
    port.send('SIGTERM');
    hub.request(other, reason);
    expect([web.heard, other.heard]).toEqual([['first SIGTERM'], []]);
    hub.finished(web, 0);
    expect(port.exits).toEqual([]);
    hub.finished(other, 0);
    expect(port.exits).toEqual([0]);
  });

  it('is not told to one who takes no part, and not waited for by it', () => {
    const asks = subscriber('SIGTERM');
    const signals: NodeJS.Signals[] = ['SIGTERM'];
    hub.subscribe({ signals, onSignal: () => undefined, onForced: () => undefined });
    hub.request(asks, reason);
    hub.finished(asks, 0);
    expect(port.exits).toEqual([0]);
  });

  it('is joined by the first signal, which the platform sends without knowing of it', () => {
    const [asks, web] = [subscriber('SIGTERM'), subscriber('SIGTERM')];
    hub.request(asks, reason);
    port.send('SIGTERM');
    expect(port.exits).toEqual([]);
    expect([asks.heard, web.heard]).toEqual([[], ['requested: licence expired']]);
    hub.finished(asks, 0);
    hub.finished(web, 0);
    expect(port.exits).toEqual([0]);
  });

  it('ends now at the second signal, with 128 + n', async () => {
    const asks = subscriber('SIGTERM', 'SIGINT');
    hub.request(asks, reason);
    await clock.advance(1_000);
    port.send('SIGTERM');
    await clock.advance(249);
    port.send('SIGINT'); // the same request
    expect(port.exits).toEqual([]);
    await clock.advance(1);
    port.send('SIGQUIT');
    expect(port.exits).toEqual([131]);
    expect(asks.heard).toEqual(['forced SIGQUIT']);
  });

  it('makes the next signal a first one again if it did not end the process', () => {
    const [asks, stays] = [subscriber('SIGTERM'), subscriber('SIGTERM')];
    hub.request(asks, reason);
    hub.finished(asks);
    asks.unsubscribe();
    hub.finished(stays);
    port.send('SIGTERM');
    expect(port.exits).toEqual([]);
    expect(stays.heard).toEqual(['requested: licence expired', 'first SIGTERM']);
  });
});

describe('a fatal error', () => {
  const boom = new Error('boom');

  it('is left to Node when nobody wants to hear of it', () => {
    subscriber('SIGTERM');
    expect(port.fail('uncaughtException', boom)).toBe(false);
  });

  it.each<FatalTrigger>(['uncaughtException', 'unhandledRejection'])(
    'ends the process in order, all applications in it: %s',
    (trigger) => {
      const [one, two, other] = [catcher('SIGTERM'), catcher(), subscriber('SIGTERM')];
      expect(port.fail(trigger, boom)).toBe(true);
      const heard = [`requested: ${trigger}: Error: boom`, 'fatal: boom'];
      expect([one.heard, two.heard, other.heard]).toEqual([heard, heard, heard]);
      for (const each of [one, two, other]) {
        expect(port.exits).toEqual([]);
        hub.finished(each, each === two ? 70 : 1);
      }
      expect(port.exits).toEqual([70]);
    },
  );

  it('of a further kind changes nothing but the log', () => {
    const web = catcher('SIGTERM');
    port.fail('uncaughtException', boom);
    expect(port.fail('unhandledRejection', new Error('again'))).toBe(true);
    expect(port.fail('uncaughtException', boom)).toBe(true);
    expect(web.heard).toEqual([
      'requested: uncaughtException: Error: boom',
      'fatal: boom',
      'further: again',
      'further: boom',
    ]);
    expect(port.exits).toEqual([]);
  });

  it('in the end that a signal or a request began changes nothing but the log', () => {
    const web = catcher('SIGTERM');
    port.send('SIGTERM');
    expect(port.fail('uncaughtException', boom)).toBe(true);
    expect(web.heard).toEqual(['first SIGTERM', 'further: boom']);
    hub.finished(web, 0);
    expect(port.exits).toEqual([0]);
  });

  it('is swallowed to the end, also when those who wanted that have left before others', () => {
    const [web, slow] = [catcher('SIGTERM'), subscriber('SIGTERM')];
    port.fail('uncaughtException', boom);
    hub.finished(web);
    web.unsubscribe();
    expect(port.fail('uncaughtException', new Error('again'))).toBe(true);
    expect(slow.heard.at(-1)).toBe('further: again');
    hub.finished(slow);
    expect(port.fatalListenerCount).toBe(0);
  });

  it('does not reach Node when an application can not log it', () => {
    const web = catcher('SIGTERM');
    web.onFatalError = () => {
      throw new Error('the transport has ended');
    };
    const other = subscriber('SIGTERM');
    expect(() => port.fail('uncaughtException', boom)).not.toThrow();
    expect(other.heard).toEqual(['requested: uncaughtException: Error: boom', 'fatal: boom']);
  });

  it('is joined by the first signal and ends now at the second', async () => {
    const web = catcher('SIGTERM', 'SIGINT');
    port.fail('uncaughtException', boom);
    port.send('SIGTERM');
    expect(port.exits).toEqual([]);
    await clock.advance(250);
    port.send('SIGINT');
    expect(port.exits).toEqual([130]);
    expect(web.heard.at(-1)).toBe('forced SIGINT');
  });

  it('is heard by one listener, until the last who wants it leaves', () => {
    const [one, two] = [catcher('SIGTERM'), catcher('SIGTERM')];
    subscriber('SIGTERM');
    expect(port.fatalListenerCount).toBe(1);
    one.unsubscribe();
    expect(port.fatalListenerCount).toBe(1);
    two.unsubscribe();
    expect(port.fatalListenerCount).toBe(0);
    expect(port.fail('uncaughtException', boom)).toBe(false);
  });

  it('is left to Node for one who could not end the process', () => {
    const none = { onSignal: () => undefined, onForced: () => undefined };
    hub.subscribe({ signals: [], catchesFatalErrors: true, ...none });
    expect(port.fatalListenerCount).toBe(0);
  });
});

describe('a signal that asks for something else', () => {
  it('calls back each time, and stops nothing', () => {
    const web = subscriber('SIGTERM');
    let drains = 0;
    hub.subscribeAction('SIGUSR2', () => (drains += 1));
    port.send('SIGUSR2');
    port.send('SIGUSR2');
    expect([drains, web.heard, port.exits]).toEqual([2, [], []]);
    expect(hub.awaits(web)).toBe(false);
  });

  it('forces nothing while the process is ending, and does not make a stop signal a second one', () => {
    subscriber('SIGTERM');
    const calls: string[] = [];
    hub.subscribeAction('SIGUSR2', () => calls.push('SIGUSR2'));
    port.send('SIGUSR2');
    port.send('SIGTERM');
    port.send('SIGUSR2');
    expect([calls.length, port.exits]).toEqual([2, []]);
  });

  it('has one listener, which goes with the last that wanted it', () => {
    const action = () => undefined;
    const undo = [hub.subscribeAction('SIGUSR2', action), hub.subscribeAction('SIGUSR2', action)];
    expect(port.listenerCount('SIGUSR2')).toBe(1);
    undo[0]?.();
    undo[0]?.();
    expect(port.listenerCount('SIGUSR2')).toBe(1);
    undo[1]?.();
    expect(port.listenerCount()).toBe(0);
  });

  it('can be a stop signal for another application', () => {
    const web = subscriber('SIGHUP');
    let reloads = 0;
    const undo = hub.subscribeAction('SIGHUP', () => (reloads += 1));
    port.send('SIGHUP');
    expect([reloads, web.heard]).toEqual([1, ['first SIGHUP']]);
    undo();
    expect(port.listenerCount('SIGHUP')).toBe(1);
    web.unsubscribe();
    expect(port.listenerCount()).toBe(0);
  });

  it('may undo itself while it is called', () => {
    const calls: string[] = [];
    const undo = hub.subscribeAction('SIGUSR2', () => {
      calls.push('one');
      undo();
    });
    hub.subscribeAction('SIGUSR2', () => calls.push('two'));
    port.send('SIGUSR2');
    port.send('SIGUSR2');
    expect(calls).toEqual(['one', 'two', 'two']);
  });
});

describe('listeners', () => {
  it('are one for each signal, however many subscribe', () => {
    subscriber('SIGTERM', 'SIGINT');
    subscriber('SIGTERM', 'SIGHUP');
    expect(
      ['SIGTERM', 'SIGINT', 'SIGHUP'].map((name) => port.listenerCount(name as 'SIGTERM')),
    ).toEqual([1, 1, 1]);
  });

  it('go with the last who wanted them, and nobody else is touched', () => {
    const foreign = () => undefined;
    port.onSignal('SIGTERM', foreign);
    const web = subscriber('SIGTERM', 'SIGINT');
    const jobs = subscriber('SIGTERM');
    web.unsubscribe();
    expect([port.listenerCount('SIGTERM'), port.listenerCount('SIGINT')]).toEqual([2, 0]);
    jobs.unsubscribe();
    jobs.unsubscribe();
    expect(port.listenerCount()).toBe(1);
    port.offSignal('SIGTERM', foreign);
    expect(port.listenerCount()).toBe(0);
  });

  it('come back with the next subscriber', () => {
    subscriber('SIGTERM').unsubscribe();
    const next = subscriber('SIGTERM');
    port.send('SIGTERM');
    expect(next.heard).toEqual(['first SIGTERM']);
  });

  it('follow what a subscriber wants', () => {
    const web = subscriber('SIGTERM', 'SIGHUP');
    Object.assign(web, { signals: ['SIGTERM', 'SIGUSR2'] });
    hub.signalsChanged(web);
    const counts = (['SIGTERM', 'SIGHUP', 'SIGUSR2'] as const).map((name) =>
      port.listenerCount(name),
    );
    expect(counts).toEqual([1, 0, 1]);
    web.unsubscribe();
    expect(port.listenerCount()).toBe(0);
  });

  it("watch the process's own signals only while it is ending", () => {
    const web = subscriber('SIGTERM');
    expect(port.watchers).toBe(0);
    port.send('SIGTERM');
    expect(port.watchers).toBe(1);
    hub.finished(web);
    expect(port.watchers).toBe(0);
  });

  it('set no timers', () => {
    subscriber('SIGTERM');
    port.send('SIGTERM');
    port.send('SIGTERM');
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('the hub', () => {
  it('is one for each process', () => {
    expect(signalHubOf(port, clock)).toBe(signalHubOf(port, clock));
    expect(signalHubOf(new FakeProcess(), clock)).not.toBe(signalHubOf(port, clock));
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const)(
    'knows the exit code of %s',
    (signal) => {
      expect(exitCodeOfSignal(signal)).toBe(128 + constants.signals[signal]);
    },
  );

  it('has a code for a signal that this system does not know', () => {
    expect(exitCodeOfSignal('SIGBREAK')).toBeGreaterThanOrEqual(128);
  });
});
