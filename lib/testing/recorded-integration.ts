import type { Integration, IntegrationHost, WorkSource } from '../engine/integration.js';

/** A source of this package's own may have more to do in the drain than to wait. */
interface Draining extends WorkSource {
  drain?(this: void, ...args: unknown[]): unknown;
}

/** An integration whose sources can be driven by hand, beside the application that has them. */
export class RecordedIntegration implements Integration {
  readonly name: string;
  readonly early?: boolean;
  readonly sources: WorkSource[] = [];
  /** Whether the application has asked one of them to finish. */
  asked = false;

  constructor(private readonly integration: Integration) {
    this.name = integration.name;
    this.early = integration.early;
  }

  attach(host: IntegrationHost): void {
    const add = (source: WorkSource) => {
      const shared: Draining = stoppedOnce(source);
      this.sources.push(shared);
      const asking =
        <A extends unknown[], R>(call: (...args: A) => R) =>
        (...args: A) => {
          this.asked = true;
          return call(...args);
        };
      const { drain } = shared;
      const finished = asking((...until: Parameters<WorkSource['finished']>) =>
        shared.finished(...until),
      );
      host.add(replacing<Draining>(shared, { finished, ...(drain && { drain: asking(drain) }) }));
    };
    this.integration.attach(replacing(host, { add }));
  }
}

/** A source that two may drive: it is stopped once, however often they say so, until it takes again. */
function stoppedOnce(source: WorkSource): WorkSource {
  let stopping: unknown;
  return replacing(source, {
    stopTaking: () => (stopping ??= source.stopTaking() ?? true),
    takeAgain() {
      stopping = undefined;
      return source.takeAgain?.();
    },
  });
}

/** The same object but for some of the methods that it has. */
function replacing<T extends object>(object: T, methods: Partial<T>): T {
  return new Proxy(object, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (methods as Record<PropertyKey, unknown>)[key] ?? value.bind(target);
    },
  });
}
