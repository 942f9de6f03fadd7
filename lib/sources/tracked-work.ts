import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../tokens.js';
import { NestContainer } from '../nest/nest-container.js';
import type { Clock } from '../time/clock.js';
import type { WorkInFlight } from '../engine/integration.js';
import type { Source } from './source.js';
import {
  activateRegister,
  assignRegister,
  deactivateRegister,
  hasTrackedMethods,
} from './tracked.decorator.js';
import { WorkRegister } from './work-register.js';

/** The work that the application's own code tracks, as a source: what it has begun is waited for, and never refused. */
@Injectable()
export class TrackedWork implements Source {
  readonly name = 'tracked work';
  readonly kind = 'work';
  readonly stopTask = false;
  readonly immediate = true;
  readonly register: WorkRegister;

  constructor(
    @Inject(CLOCK) clock: Clock,
    private readonly nest: NestContainer,
  ) {
    this.register = new WorkRegister(clock);
    activateRegister(this.register);
  }

  /** Finds the objects with `@Tracked()` methods. */
  discover(): void {
    for (const object of this.nest.graph().objects()) {
      if (hasTrackedMethods(object)) assignRegister(object, this.register);
    }
  }

  /** Nothing: it is begun by what has been accepted. */
  stopTaking(): void {}

  takeAgain(): void {}

  inFlight(): readonly WorkInFlight[] {
    return this.register.unfinished();
  }

  count(): number {
    return this.register.count;
  }

  begun(): number {
    return this.register.begun;
  }

  /** Nothing to say when there is none: most applications track no work. */
  text(count: number): string | undefined {
    return count === 0 ? undefined : `${count} tracked ${count === 1 ? 'task' : 'tasks'}`;
  }

  finished(signal: AbortSignal): Promise<void> {
    return this.register.idle(signal);
  }

  /** The application is closed, or will never run. */
  forget(): void {
    deactivateRegister(this.register);
  }
}
