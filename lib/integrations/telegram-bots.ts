import type { IntegrationHost, WorkCounter, WorkSource } from '../engine/integration.js';
import { settled } from '../time/settled.js';
import { clientIntegration } from './kit/client-integration.js';
import { hasMethods } from './kit/shape.js';

/** What both have. */
interface Bot {
  handleUpdate(update: unknown, ...rest: unknown[]): Promise<unknown>;
}

/** A bot of telegraf 4. */
interface Telegraf extends Bot {
  /** Resolves when polling has ended, what it brought is handled, and Telegram knows. */
  startPolling(...args: unknown[]): Promise<unknown>;
  /** Ends the poll that is out; throws when the bot does not run. Calling it again is harmless. */
  stop(reason?: string): void;
}

/** A bot of grammY 1. */
interface Grammy extends Bot {
  isRunning(): boolean;
  /** Ends the poll that is out, and tells Telegram that the update in hand is taken. Waits for no handler. */
  stop(): Promise<void>;
}

/** What is different. */
interface Ways {
  /** Resolves when Telegram knows what was taken. */
  readonly stop: () => Promise<unknown> | undefined;
  /** Whether an update that comes after the stop is left to others: Telegram has not been told that it was taken. */
  readonly leavesLate: boolean;
}

/** Bots of telegraf that poll: no poll goes out after T0, updates in hand are handled, and Telegram is told. */
export const telegraf = clientIntegration<Telegraf>({
  name: 'telegraf',
  signs: ['startPolling'],
  isClient: (object): object is Telegraf =>
    hasMethods(object, 'launch', 'startPolling', 'stop', 'handleUpdate', 'webhookCallback'),
  sourceOf(bot, host, name) {
    let polling: Promise<unknown> | undefined;
    const startPolling = bot.startPolling.bind(bot);
    bot.startPolling = (...args) => {
      const result = startPolling(...args);
      polling = result.then(
        () => undefined,
        () => undefined, // the bot's owner has the rejection
      );
      return result;
    };
    const stop = () => {
      try {
        bot.stop('shutdown');
      } catch {
        // It does not run.
      }
      return polling;
    };
    return botSource(name, bot, host, { stop, leavesLate: false });
  },
});

/** Bots of grammY that poll: the same. What a poll has brought and is not begun is left to whoever polls next. */
export const grammy = clientIntegration<Grammy>({
  name: 'grammY',
  signs: ['isInited'],
  isClient: (object): object is Grammy =>
    hasMethods(object, 'isRunning', 'isInited', 'start', 'stop', 'handleUpdate', 'use'),
  sourceOf(bot, host, name) {
    const stop = () => (bot.isRunning() ? bot.stop().catch(() => undefined) : undefined);
    return botSource(name, bot, host, { stop, leavesLate: true });
  },
});

function botSource(name: string, bot: Bot, host: IntegrationHost, ways: Ways): WorkSource {
  const updates: WorkCounter = host.counter();
  let stopped: { readonly told: Promise<unknown> | undefined } | undefined;
  const handleUpdate = bot.handleUpdate.bind(bot);
  bot.handleUpdate = async (...args) => {
    if (stopped?.told && ways.leavesLate) return undefined;
    const end = updates.begin('update');
    try {
      return await updates.within(end, () => handleUpdate(...args));
    } finally {
      end();
    }
  };
  return {
    name,
    kind: 'message',
    stopTaking() {
      stopped ??= { told: ways.stop() };
    },
    inFlight: () => updates.list(),
    begun: () => updates.begun,
    async finished(signal) {
      await updates.idle(signal);
      await settled(stopped?.told, signal);
    },
  };
}
