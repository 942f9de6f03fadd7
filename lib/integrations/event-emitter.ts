import { counted } from './kit/counted.js';
import { hasMethods } from './kit/shape.js';
import type { Integration, IntegrationHost, WorkCounter } from '../engine/integration.js';

type Listener = (...args: unknown[]) => unknown;
type Subscribe = (event: unknown, listener: Listener, ...rest: unknown[]) => unknown;

/** `EventSubscribersLoader` of @nestjs/event-emitter 2 to 12: it subscribes `@OnEvent()` methods, at bootstrap and thus after us. */
interface Loader {
  /** `on` or `prependListener` of the emitter. */
  getRegisterListenerMethodBasedOn(options?: unknown): Subscribe;
}

/**
 * Listeners by `@OnEvent()` that take their time: `emit()` does not wait for them, so nobody does. Events come from
 * other work, which stops by itself; there is nothing to stop here. Listeners by `emitter.on()` are left alone, for
 * `off()` has to know them again.
 */
export const eventEmitter: Integration = {
  name: '@nestjs/event-emitter',
  attach(host: IntegrationHost): void {
    const loaders = [...host.objects()].map(({ object }) => object).filter(isLoader);
    if (loaders.length === 0) return;
    const listeners = host.counter();
    for (const loader of loaders) {
      const subscribeBy = loader.getRegisterListenerMethodBasedOn.bind(loader);
      loader.getRegisterListenerMethodBasedOn = (options) => {
        const subscribe = subscribeBy(options);
        return (event, listener, ...rest) =>
          subscribe(event, counting(listeners, `listener of ${textOf(event)}`, listener), ...rest);
      };
    }
    host.add({
      name: 'event listeners',
      kind: 'work',
      stopTaking: () => undefined,
      takeAgain: () => undefined, // `drain()` waits only for sources that have it
      inFlight: () => listeners.list(),
      begun: () => listeners.begun,
      finished: (signal) => listeners.idle(signal),
    });
  },
};

/** The same function, counted from its call until its promise settles. */
function counting(counter: WorkCounter, name: string, run: Listener): Listener {
  return function (this: unknown, ...args: unknown[]): unknown {
    return counted(counter, name, () => run.apply(this, args));
  };
}

/** An event's name, or with wildcards its parts. */
function textOf(event: unknown): string {
  return Array.isArray(event) ? event.map(String).join('.') : String(event);
}

function isLoader(object: object): object is Loader {
  const names = ['loadEventListeners', 'getRegisterListenerMethodBasedOn', 'onApplicationShutdown'];
  return hasMethods(object, ...names) && 'eventEmitter' in object;
}
