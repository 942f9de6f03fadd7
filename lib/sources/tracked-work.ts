import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../tokens.js';
import { Quiescence } from './quiescence.js';
import { NestContainer } from '../nest/nest-container.js';
import type { Clock } from '../time/clock.js';
import type { TaskContext } from '../engine/task.js';
import {
  activateRegister,
  assignRegister,
  deactivateRegister,
  hasTrackedMethods,
} from './tracked.decorator.js';
import { WorkRegister } from './work-register.js';

/** Joins the work that the application's own code tracks to the shutdown. */
@Injectable()
export class TrackedWork {
  readonly register: WorkRegister;

  constructor(
    @Inject(CLOCK) clock: Clock,
    private readonly nest: NestContainer,
    private readonly quiescence: Quiescence,
  ) {
    this.register = new WorkRegister(clock);
    quiescence.addInner({
      busy: () => this.register.count > 0,
      idle: (signal) => this.register.idle(signal),
    });
    activateRegister(this.register);
  }

  /** Finds the objects with `@Tracked()` methods. */
  discover(): void {
    for (const object of this.nest.graph().objects()) {
      if (hasTrackedMethods(object)) assignRegister(object, this.register);
    }
  }

  /** Waits for the work in flight, and names what is left at the deadline. */
  async finish(context: TaskContext): Promise<void> {
    await this.quiescence.reached(context);
    for (const { name, ageMs } of this.register.unfinished()) {
      context.unfinished({ kind: 'work', name, ageMs, fate: 'abandoned' });
    }
  }

  /** The application is closed, or will never run. */
  deactivate(): void {
    deactivateRegister(this.register);
  }

  /** Nothing to say when there is none: most applications track no work. */
  inFlightText(): string[] {
    const { count } = this.register;
    return count === 0 ? [] : [`${count} tracked ${count === 1 ? 'task' : 'tasks'}`];
  }
}
