import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { MethodMark } from './method-mark.js';

/** A marked method of a living provider, controller or module class. */
export interface MarkedMethod<T> {
  readonly mark: T;
  /** The object it is called on. */
  readonly host: object;
  /** `Class@method`. */
  readonly place: string;
  readonly method: string;
  readonly call: (...args: unknown[]) => unknown;
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds marked methods in the whole container; what is done with them is for others to say. */
@Injectable()
export class MarkedMethodExplorer {
  private readonly logger = new Logger('Graceful');
  private readonly warnedOf = new Set<string>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  explore<T>(mark: MethodMark<T>): MarkedMethod<T>[] {
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const seen = new Set<object>(); // one object under two tokens, or an alias, counts once
    return wrappers.flatMap((wrapper) =>
      hostsOf(wrapper)
        .filter((host) => !seen.has(host) && seen.add(host))
        .flatMap((host) => this.exploreHost(host, wrapper, mark)),
    );
  }

  private exploreHost<T>(host: object, wrapper: Wrapper, mark: MethodMark<T>): MarkedMethod<T>[] {
    const prototype = Object.getPrototypeOf(host) as object | null;
    if (!prototype || prototype === Object.prototype) return [];
    const found: MarkedMethod<T>[] = [];
    for (const method of this.scanner.getAllMethodNames(prototype)) {
      const marks = mark.of(prototype, method);
      if (marks.length === 0) continue;
      const place = `${prototype.constructor?.name || wrapper.name}@${method}`;
      if (!wrapper.isDependencyTreeStatic()) {
        this.warnOnce(
          `${place} is request-scoped, so there is no instance to call it on at any other time; it is left out.`,
        );
        continue;
      }
      const call = (...args: unknown[]) =>
        (host as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
      found.push(...marks.map((one) => ({ mark: one, host, place, method, call })));
    }
    return found;
  }

  /** Also when it explores again, for a module that was loaded lazily. */
  private warnOnce(text: string): void {
    if (this.warnedOf.has(text)) return;
    this.warnedOf.add(text);
    this.logger.warn(text);
  }
}

function hostsOf(wrapper: Wrapper): object[] {
  const hosts = wrapper.isTransient
    ? wrapper.getStaticTransientInstances().map((host) => host?.instance as unknown)
    : [wrapper.instance as unknown];
  return hosts.filter((host): host is object => typeof host === 'object' && host !== null);
}
