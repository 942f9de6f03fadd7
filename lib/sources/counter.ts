import type { WorkCounter } from '../engine/integration.js';
import type { Clock } from '../time/clock.js';
import { WorkRegister } from './work-register.js';

/** What an integration counts the work of one source with. */
export function workCounter(clock: Clock): WorkCounter {
  const register = new WorkRegister(clock);
  return {
    get count() {
      return register.count;
    },
    get begun() {
      return register.begun;
    },
    begin: (name, stepsAside) => register.begin(name, stepsAside ?? 'never'),
    within: (end, call, begun) => register.within(end, call, begun),
    list: () => register.unfinished(),
    idle: (signal) => register.idle(signal),
  };
}
