import { Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { requestScopedMethod } from '../log/boot-lines.js';
import { Log } from '../log/log.js';
import type { MethodMark } from './method-mark.js';

/** A marked method of a living provider, controller or module class. */
export interface MarkedMethod<T> {
  readonly mark: T;
  /** The object it is called on. */
  readonly owner: object;
  /** `Class@method`. */
  readonly place: string;
  readonly method: string;
  readonly call: (...args: unknown[]) => unknown;
}

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** Finds marked methods in the whole container; what is done with them is for others to say. */
@Injectable()
export class MarkedMethodExplorer {
  private readonly warnedOf = new Set<string>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly log: Log,
  ) {}

  explore<T>(mark: MethodMark<T>): MarkedMethod<T>[] {
    if (!mark.isUsed) return [];
    const wrappers = [...this.discovery.getProviders(), ...this.discovery.getControllers()];
    const seen = new Set<object>(); // one object under two tokens, or an alias, counts once
    return wrappers.flatMap((wrapper) =>
      ownersOf(wrapper)
        .filter((owner) => !seen.has(owner) && seen.add(owner))
        .flatMap((owner) => this.exploreOwner(owner, wrapper, mark)),
    );
  }

  private exploreOwner<T>(owner: object, wrapper: Wrapper, mark: MethodMark<T>): MarkedMethod<T>[] {
    const prototype = Object.getPrototypeOf(owner) as object | null;
    if (!prototype || !mark.isOn(prototype)) return [];
    const found: MarkedMethod<T>[] = [];
    for (const method of this.scanner.getAllMethodNames(prototype)) {
      const marks = mark.of(prototype, method);
      if (marks.length === 0) continue;
      const place = `${prototype.constructor?.name || wrapper.name}@${method}`;
      if (!wrapper.isDependencyTreeStatic()) {
        this.warnOnce(place);
        continue;
      }
      const call = (...args: unknown[]) =>
        (owner as Record<string, (...args: unknown[]) => unknown>)[method]?.(...args);
      found.push(...marks.map((one) => ({ mark: one, owner, place, method, call })));
    }
    return found;
  }

  /** Also when it explores again, for a module that was loaded lazily. */
  private warnOnce(place: string): void {
    if (this.warnedOf.has(place)) return;
    this.warnedOf.add(place);
    this.log.say(requestScopedMethod(place));
  }
}

function ownersOf(wrapper: Wrapper): object[] {
  const owners = wrapper.isTransient
    ? wrapper.getStaticTransientInstances().map((owner) => owner?.instance as unknown)
    : [wrapper.instance as unknown];
  return owners.filter((owner): owner is object => typeof owner === 'object' && owner !== null);
}
