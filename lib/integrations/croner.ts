import { clientIntegration } from './kit/client-integration.js';
import { counted } from './kit/counted.js';
import { innerWork } from './kit/inner-work.js';
import { hasMethods } from './kit/shape.js';

type Run = (...args: unknown[]) => unknown;

/** A `Cron` of croner 8 to 11. */
interface Cron {
  readonly name?: string;
  /** What runs; not documented, and looked up at each run. */
  fn?: Run;
  getPattern(): string | undefined;
  /** Whether a run is to come: false for one that is paused, stopped, over, or has nothing to run. */
  isRunning(): boolean;
  /** Its ticks come to nothing. What has a date runs afterwards, if that was missed. `trigger()` runs all the same. */
  pause(): unknown;
  resume(): unknown;
  schedule(run?: Run): unknown;
}

/** Jobs of croner: no run begins after T0, and those that run are waited for. */
export const croner = clientIntegration<Cron>({
  name: 'croner',
  signs: ['getPattern'],
  isClient: isCron,
  sourceOf(cron, host) {
    const runs = host.counter();
    const label = `cron ${cron.name ?? cron.getPattern() ?? 'with a date'}`;
    const counting = (run: Run): Run =>
      function (this: unknown, ...args) {
        return counted(runs, label, () => run.apply(this, args));
      };
    const { fn } = cron;
    const schedule = cron.schedule.bind(cron);
    if (fn) cron.fn = counting(fn);
    else cron.schedule = (run) => schedule(run && counting(run));

    let stopped = false;
    /** Whether it would run if it were not for us. */
    let wanted = false;
    const [pause, resume] = [cron.pause.bind(cron), cron.resume.bind(cron)];
    cron.pause = () => {
      wanted = false;
      return pause();
    };
    cron.resume = () => {
      if (!stopped) return resume();
      wanted = true;
      return true;
    };
    return innerWork({
      name: `croner ${label}`,
      runs,
      stopTaking() {
        stopped = true;
        wanted = cron.isRunning();
        if (wanted) pause();
      },
      takeAgain() {
        stopped = false;
        if (wanted) resume();
      },
    });
  },
});

function isCron(object: object): object is Cron {
  const names = ['getPattern', 'isRunning', 'isBusy', 'pause', 'resume', 'schedule', 'trigger'];
  return hasMethods(object, ...names);
}
