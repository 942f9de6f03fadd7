import { clientIntegration } from './kit/client-integration.js';
import { counted } from './kit/counted.js';
import { innerWork } from './kit/inner-work.js';
import { hasMethods } from './kit/shape.js';

/** A `Piscina` of piscina 4 and 5, or a `Tinypool`. */
interface Piscina {
  run(task: unknown, options?: { readonly name?: string }): Promise<unknown>;
}

/** A pool of workerpool 6 to 10. */
interface Workerpool {
  /** Its promise can be cancelled, so it is the library's own; and rejections of it are nobody's. */
  exec(...args: unknown[]): PromiseLike<unknown>;
}

/** Pools of piscina and tinypool: tasks are finished, those that wait for a thread as well. Nothing is stopped. */
export const piscina = clientIntegration<Piscina>({
  name: 'piscina',
  signs: ['queueSize'],
  isClient: isPiscina,
  sourceOf(pool, host, name) {
    const runs = host.counter();
    const run = pool.run.bind(pool);
    pool.run = (...args) => counted(runs, `task of ${name}`, () => run(...args));
    return innerWork({ name, runs });
  },
});

/** Pools of workerpool, of threads and of processes: the same. */
export const workerpool = clientIntegration<Workerpool>({
  name: 'workerpool',
  signs: ['taskQueue'],
  isClient: isWorkerpool,
  sourceOf(pool, host, name) {
    const runs = host.counter();
    const exec = pool.exec.bind(pool);
    let calls = 0;
    pool.exec = (...args) => {
      if (calls > 0) return exec(...args); // given a function, it calls itself
      calls += 1;
      const end = runs.begin(`task of ${name}`);
      try {
        const result = exec(...args);
        result.then(end, end);
        return result;
      } catch (error) {
        end();
        throw error;
      } finally {
        calls -= 1;
      }
    };
    return innerWork({ name, runs });
  },
});

function isPiscina(object: object): object is Piscina {
  if (!hasMethods(object, 'run', 'destroy')) return false;
  return ['threads', 'queueSize', 'completed'].every((name) => name in object);
}

function isWorkerpool(object: object): object is Workerpool {
  return hasMethods(object, 'exec', 'proxy', 'terminate', 'stats') && 'taskQueue' in object;
}
