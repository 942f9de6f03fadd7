import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { Script } from 'node:vm';
import { isYounger, nextAsyncId } from '../../../lib/connections/age.js';
import { isCalledByLibrary } from '../../../lib/connections/caller.js';
import { holdClasses, type ClassHolder } from '../../../lib/connections/held-classes.js';

function aClass() {
  return class Pool {
    readonly ended: unknown[] = [];

    end(...args: unknown[]): string {
      this.ended.push(args);
      return 'ended';
    }
  };
}

/** Holds the calls on these objects, and notes them. */
class Holder implements ClassHolder {
  readonly calls: unknown[] = [];

  constructor(private readonly meant: ReadonlySet<object>) {}

  isMeant(instance: object): boolean {
    return this.meant.has(instance);
  }

  called(_instance: object, name: string, args: readonly unknown[]): unknown {
    this.calls.push([name, ...args]);
    return 'held';
  }
}

describe('the closing methods of a class', () => {
  it('are held for the instances that are meant, and go through for all others', () => {
    const Pool = aClass();
    const [one, other] = [new Pool(), new Pool()];
    const holder = new Holder(new Set([one]));
    const release = holdClasses([Pool.prototype], ['end', 'close'], holder);

    expect(one.end('now')).toBe('held');
    expect(other.end('now')).toBe('ended');
    expect(holder.calls).toEqual([['end', 'now']]);
    expect([one.ended, other.ended]).toEqual([[], [['now']]]);
    release();
    expect(one.end()).toBe('ended');
  });

  it('are held for several applications, and are as they were when the last has ended', () => {
    const Pool = aClass();
    const before = Object.getOwnPropertyDescriptors(Pool.prototype);
    const [one, other] = [new Pool(), new Pool()];
    const releaseFirst = holdClasses([Pool.prototype], ['end'], new Holder(new Set([one])));
    const releaseSecond = holdClasses([Pool.prototype], ['end'], new Holder(new Set([other])));

    expect([one.end(), other.end()]).toEqual(['held', 'held']);
    releaseFirst();
    expect([one.end(), other.end()]).toEqual(['ended', 'held']);
    releaseSecond();
    expect(Object.getOwnPropertyDescriptors(Pool.prototype)).toEqual(before);
  });

  it('are left alone where somebody else has put something in front of them', () => {
    const Pool = aClass();
    const release = holdClasses([Pool.prototype], ['end'], new Holder(new Set()));
    Pool.prototype.end = () => 'traced';
    release();
    expect(new Pool().end()).toBe('traced');
  });
});

describe('a call', () => {
  const method = (): boolean => isCalledByLibrary(method);
  const callFrom = (filename: string) => {
    const code = '(call) => [1].map(() => call())[0]';
    const caller = new Script(code, { filename }).runInThisContext() as (call: unknown) => boolean;
    return caller(method);
  };

  it.each([
    ['/app/node_modules/@prisma/adapter-pg/dist/index.mjs', true],
    ['C:\\app\\node_modules\\pg-boss\\index.js', true],
    ['/app/dist/database.module.js', false],
  ])('that comes from %s is made by a library: %s', (filename, byLibrary) => {
    expect(callFrom(filename)).toBe(byLibrary);
  });

  it('is followed through what Node has in between, and leaves the stack as it was', () => {
    const { stackTraceLimit } = Error;
    const results: boolean[] = [];
    [0].forEach(() => results.push(method()));
    expect([results, Error.stackTraceLimit]).toEqual([[false], stackTraceLimit]);
  });
});

describe('a client', () => {
  it('is younger than a moment when all of its connections are', async () => {
    const server = createServer((socket) => socket.unref())
      .listen(0, '127.0.0.1')
      .unref();
    await once(server, 'listening');
    const dial = async () => {
      const { port } = server.address() as { port: number };
      const socket: Socket = connect(port, '127.0.0.1').unref();
      await once(socket, 'connect');
      return { protocol: { stream: socket } };
    };
    const old = await dial();
    const moment = nextAsyncId();
    const young = await dial();

    expect(isYounger({ clients: [young] }, moment)).toBe(true);
    expect(isYounger({ clients: [old, young] }, moment)).toBe(false);
    expect(isYounger({ clients: [] }, moment)).toBe(false);
    for (const { protocol } of [old, young]) protocol.stream.destroy();
  });
});
