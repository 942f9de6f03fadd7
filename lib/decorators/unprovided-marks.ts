import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { allListen, applicationListens, isProvided, noteProvided } from '../copies/applications.js';
import { notedPlaces } from '../copies/marks.js';
import { decoratedInNoModule } from '../log/boot-lines.js';
import { Log } from '../log/log.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/**
 * Names decorated classes that no application of the process has: their methods would never be called, and nobody would
 * notice. A base class counts as there when a class that extends it is, and a class whose token has another value, as in
 * tests, too. Classes of libraries are left out: whether to provide those is the user's choice.
 */
@Injectable()
export class UnprovidedMarks {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly log: Log,
  ) {}

  /** Notes what the application has. To be called when all of it is there, and again when it listens. */
  note(): void {
    if (notedPlaces().length === 0) return;
    for (const wrapper of [...this.discovery.getProviders(), ...this.discovery.getControllers()]) {
      for (const prototype of prototypesOf(wrapper)) noteProvided(prototype);
    }
  }

  /** To be called when the application listens. */
  name(): void {
    applicationListens(this);
    this.note();
    const places = notedPlaces();
    if (places.length === 0 || !allListen()) return;
    const missing = places.filter(({ of, site }) => !isProvided(of) && !isOfLibrary(site));
    if (missing.length === 0) return;
    this.log.say(
      decoratedInNoModule(
        missing.map(({ of, ...place }) => ({ ...place, className: classNameOf(of) })),
      ),
    );
  }
}

function prototypesOf({ token, metatype, instance }: Wrapper): object[] {
  const classes: unknown[] = [token, metatype];
  const ofClasses = classes.map((one) => (typeof one === 'function' ? one.prototype : undefined));
  return [...ofClasses, prototypeOf(instance)].filter(isObject);
}

function prototypeOf(instance: unknown): unknown {
  try {
    return isObject(instance) ? Object.getPrototypeOf(instance) : undefined;
  } catch {
    return undefined; // a proxy with a will of its own
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** A bundled library has no folder of its own any more, and counts as the application's. */
function isOfLibrary(site: string | undefined): boolean {
  return /[\\/]node_modules[\\/]|^node_modules[\\/]/.test(site ?? '');
}

function classNameOf(prototype: object): string {
  return prototype.constructor.name || 'an anonymous class';
}
