import { Controller } from '@nestjs/common';
import {
  BaseRpcContext,
  EventPattern,
  MessagePattern,
  Server,
  Transport,
  type CustomTransportStrategy,
} from '@nestjs/microservices';
import { describe, expect, it } from '@jest/globals';
import { lastValueFrom, type Observable } from 'rxjs';
import { Work } from '../../support/work.js';
import { RpcApp } from './rpc-app.js';

type Handler = (data: unknown, context?: BaseRpcContext) => Promise<unknown>;

/** What the strategies of this file have in common: a message comes when the test says so. */
abstract class Strategy extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  on(): void {}

  unwrap(): never {
    throw new Error('there is nothing below');
  }

  abstract deliver(pattern: string, data: string): Promise<unknown>;
}

/** As Nest's documentation has it. */
class FromTheMap extends Strategy {
  deliver(pattern: string, data: string): Promise<unknown> {
    return (this.messageHandlers.get(pattern) as Handler)(data);
  }
}

class ByPattern extends Strategy {
  async deliver(pattern: string, data: string): Promise<unknown> {
    return (this.getHandlerByPattern(pattern) as Handler)(data);
  }
}

/** Binds each to its queue as it begins to listen. */
class Bound extends Strategy {
  private readonly queues = new Map<string, Handler>();

  override listen(callback: () => void): void {
    for (const [pattern, handler] of this.messageHandlers) {
      this.queues.set(pattern, (data) => handler(data));
    }
    callback();
  }

  async deliver(pattern: string, data: string): Promise<unknown> {
    return this.queues.get(pattern)?.(data);
  }
}

/** Keeps what Nest hands over in a place of its own. */
class OwnStore extends Strategy {
  private readonly store = new Map<unknown, Handler>();

  override addHandler(pattern: unknown, handler: Handler): void {
    this.store.set(pattern, handler);
  }

  async deliver(pattern: string, data: string): Promise<unknown> {
    return this.store.get(pattern)?.(data);
  }
}

/** Its number is that of a transport of Nest's, which it is not. */
class FalseNumber extends FromTheMap {
  override readonly transportId = Transport.REDIS;
}

/** Extends nothing of Nest's. */
class NoServer {
  private readonly store = new Map<unknown, Handler>();

  addHandler(pattern: unknown, handler: Handler): void {
    this.store.set(pattern, handler);
  }

  listen(callback: () => void): void {
    callback();
  }

  close(): void {}

  async deliver(pattern: string, data: string): Promise<unknown> {
    return this.store.get(pattern)?.(data);
  }
}

/** Goes by the methods that Nest's own transports use. */
class ByTheBook extends Strategy {
  async deliver(pattern: string, data: string): Promise<unknown> {
    return this.handleEvent(pattern, { pattern, data }, new BaseRpcContext([pattern]));
  }
}

@Controller()
class Listeners {
  constructor(private readonly work: Work) {}

  @EventPattern<unknown>('twice')
  async first(name: string): Promise<void> {
    await this.work.run(`${name} 1`);
  }

  @EventPattern<unknown>('twice')
  async second(name: string): Promise<void> {
    await this.work.run(`${name} 2`);
  }

  @MessagePattern('fails')
  async fail(name: string): Promise<never> {
    await this.work.run(name);
    throw new Error('no');
  }
}

async function start(strategy: object): Promise<RpcApp> {
  const microservice = { strategy: strategy as CustomTransportStrategy };
  return RpcApp.start({ microservice, controllers: [Listeners] });
}

const STRATEGIES = [FromTheMap, ByPattern, Bound, OwnStore, FalseNumber, NoServer, ByTheBook];

describe.each(STRATEGIES)('a strategy of the user, %p', (Class) => {
  it('what it has begun is finished before anything is destroyed, and counted once', async () => {
    const strategy = new Class();
    const app = await start(strategy);
    const delivered = strategy.deliver('event', 'one');
    await app.work.begun('one');

    const closing = app.close();
    expect(await app.log.until(/^drain: /)).toContain(', 1 message,');
    app.work.finish('one');
    await closing;
    await delivered;

    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.graceful.report).toMatchObject({ outcome: 'clean', unfinished: [] });
  });
});

describe('a strategy that takes its handlers and calls them', () => {
  it('an observable that lasts is waited for until it is over', async () => {
    const strategy = new FromTheMap();
    const app = await start(strategy);
    const parts = (await strategy.deliver('stream', 'one')) as Observable<string>;
    const last = lastValueFrom(parts);
    await app.work.begun('one');

    const closing = app.close();
    expect(await app.log.until(/^drain: /)).toContain(', 1 message,');
    app.work.finish('one');

    expect(await last).toBe('did one');
    await closing;
    expect(app.work.inFlightAtDestroy).toBe(0);
  });

  it('an observable that nobody subscribes to is none', async () => {
    const strategy = new FromTheMap();
    const app = await start(strategy);
    await strategy.deliver('stream', 'one');
    await app.close();

    expect(app.graceful.report).toMatchObject({ outcome: 'clean' });
    expect(app.work.started).toEqual([]);
  });

  it('two handlers of one event are one message, and both are called', async () => {
    const strategy = new FromTheMap();
    const app = await start(strategy);
    const joined = (await strategy.deliver('twice', 'one')) as Observable<unknown>;
    const done = lastValueFrom(joined);
    await app.work.begun('one 1');
    await app.work.begun('one 2');

    const closing = app.close();
    expect(await app.log.until(/^drain: /)).toContain(', 1 message,');
    app.work.finish('one 1', 'one 2');
    await closing;
    await done;

    expect(app.work.finished).toEqual(['one 1', 'one 2']);
    expect(app.work.inFlightAtDestroy).toBe(0);
  });

  it('one that fails is over', async () => {
    const strategy = new FromTheMap();
    const app = await start(strategy);
    const failed = strategy.deliver('fails', 'one').then(
      (result) => lastValueFrom(result as Observable<unknown>).catch(() => 'failed'),
      () => 'failed',
    );
    await app.work.begun('one');
    app.work.finish('one');

    expect(await failed).toBe('failed');
    await app.close();
    expect(app.graceful.report).toMatchObject({ outcome: 'clean' });
  });

  it('what Nest keeps on a handler is there', async () => {
    const strategy = new FromTheMap();
    await start(strategy);
    const handlerOf = (pattern: string) => strategy.getHandlerByPattern(pattern);

    expect(handlerOf('event')?.isEventHandler).toBe(true);
    expect(handlerOf('event')?.extras).toEqual({});
    expect(handlerOf('question')?.isEventHandler).toBe(false);
    expect(handlerOf('event')?.next).toBeUndefined();
    expect(handlerOf('twice')?.next).toBeInstanceOf(Function);
  });
});

describe('the control, on plain Nest', () => {
  it('destroys under what the strategy has begun', async () => {
    const strategy = new FromTheMap();
    const microservice = { strategy: strategy as CustomTransportStrategy };
    const app = await RpcApp.start({ microservice, options: null });
    const delivered = strategy.deliver('event', 'one');
    await app.work.begun('one');
    await app.close();

    expect(app.work.inFlightAtDestroy).toBe(1);
    app.work.finish('one');
    await delivered;
  });
});
