import { describe, expect, it } from '@jest/globals';
import { DiscoveryService, type ModulesContainer } from '@nestjs/core';
import fc from 'fast-check';
import { PhaseGraph } from '../../../lib/engine/phase-graph.js';
import type { ShutdownTask } from '../../../lib/engine/task.js';
import { ProviderGraph } from '../../../lib/nest/provider-graph.js';
import { SHUTDOWN_HOOKS } from '../../../lib/nest/shutdown-hooks.js';
import type { OwnTask } from '../../../lib/plan/close-stages.js';
import type { HookOwner, OwnedTask } from '../../../lib/plan/hook-owners.js';
import { TaskOrdering } from '../../../lib/plan/order-tasks.js';
import { phase } from '../../support/engine.js';
import { OrderByPairs } from '../../support/order-by-pairs.js';
import { check } from '../../support/property.js';

// Any container, as far as the order goes by it: modules that import each other, providers that use each other, circles of
// both, providers without hooks between them, those that call others by discovery, and orders of the user against it all.

interface Provider {
  readonly module: number;
  readonly uses: readonly number[];
  readonly hooks: readonly number[];
  /** Phases of decorated methods. */
  readonly methods: readonly string[];
  readonly discovers: boolean;
  /** Of a transient provider: one for each of those that inject it. */
  readonly objects: number;
  readonly phase: string | undefined;
  readonly after: readonly number[];
  readonly before: readonly number[];
}

interface Container {
  readonly modules: ReadonlyArray<{
    readonly imports: readonly number[];
    readonly distance: number;
  }>;
  readonly providers: readonly Provider[];
}

interface Density {
  readonly providers: number;
  readonly modules: number;
  /** How many providers each one uses at most. */
  readonly uses: number;
  readonly userOrders: number;
  readonly discovers: number;
}

const few = (max: number) => fc.array(fc.nat(), { maxLength: max });
/** True so many times in a hundred. */
const sometimes = (percent: number) => fc.nat({ max: 99 }).map((value) => value < percent);

function containers(density: Density): fc.Arbitrary<Container> {
  return fc.record({
    modules: fc.array(fc.record({ imports: few(2), distance: fc.nat({ max: 3 }) }), {
      minLength: 1,
      maxLength: density.modules,
    }),
    providers: fc.array(
      fc.record({
        module: fc.nat(),
        uses: few(density.uses),
        hooks: fc.oneof(fc.constant([]), fc.constant([0]), fc.subarray([0, 1, 2])),
        methods: fc.oneof(
          { weight: 4, arbitrary: fc.constant([]) },
          fc.array(fc.constantFrom('flush', 'close', 'drain', 'audit'), { maxLength: 2 }),
        ),
        discovers: sometimes(density.discovers),
        objects: fc.oneof({ weight: 6, arbitrary: fc.constant(1) }, fc.constant(2)),
        phase: fc.oneof(
          { weight: 8, arbitrary: fc.constant(undefined) },
          fc.constantFrom('flush', 'audit'),
        ),
        after: fc.oneof(
          { weight: 100 - density.userOrders, arbitrary: fc.constant([]) },
          { weight: density.userOrders, arbitrary: few(2) },
        ),
        before: fc.oneof(
          { weight: 100 - density.userOrders, arbitrary: fc.constant([]) },
          { weight: density.userOrders, arbitrary: few(2) },
        ),
      }),
      { minLength: 2, maxLength: density.providers },
    ),
  });
}

const phases = new PhaseGraph([
  phase('drain'),
  phase('flush'),
  phase('audit', { after: ['drain'] }),
  phase('close', { after: ['flush'] }),
]);

const run = () => undefined;

/** What Nest would have made of it. */
function nestOf({ modules, providers }: Container) {
  const made = modules.map(({ distance }, index) => ({
    name: `Module${index}`,
    metatype: () => index,
    distance,
    imports: new Set<unknown>(),
    providers: new Map<unknown, unknown>(),
    controllers: new Map(),
    injectables: new Map(),
    middlewares: new Map(),
  }));
  for (const [index, { imports }] of modules.entries()) {
    for (const other of imports) made[index].imports.add(made[other % made.length]);
  }
  const objects = providers.map(({ objects: count }) => Array.from({ length: count }, () => ({})));
  const wrappers = providers.map((_, index) => ({
    token: `provider ${index}` as unknown,
    isTransient: objects[index].length > 1,
    instance: objects[index][0],
    isDependencyTreeStatic: () => true,
    getStaticTransientInstances: () => objects[index].map((instance) => ({ instance })),
    getCtorMetadata: (): unknown[] => [],
    getPropertiesMetadata: () => undefined,
    getEnhancersMetadata: () => undefined,
  }));
  for (const [index, { module, uses, discovers }] of providers.entries()) {
    const host = made[module % made.length];
    // The first of a module is its class.
    if (host.providers.size === 0) wrappers[index].token = host.metatype;
    host.providers.set(wrappers[index].token, wrappers[index]);
    const used = uses.map((other) => wrappers[other % wrappers.length]);
    const discovery = discovers ? [{ token: DiscoveryService }] : [];
    wrappers[index].getCtorMetadata = () => [...used, ...discovery];
  }
  const container = new Map(made.map((module) => [module.name, module]));
  return { graph: new ProviderGraph(container as unknown as ModulesContainer), objects };
}

function ownersOf(
  { providers }: Container,
  graph: ProviderGraph,
  objects: object[][],
): HookOwner[] {
  const names = providers.map((_, index) => `task ${index}`);
  const isThere = (other: number) => {
    const { hooks, methods } = providers[other % providers.length];
    return hooks.length + methods.length > 0;
  };
  return providers.flatMap((provider, index) =>
    objects[index].flatMap((object): HookOwner[] => {
      const { hooks, methods, phase: hookPhase = 'close', after, before } = provider;
      const ordering = {
        place: `order of ${index}`,
        after: after.filter(isThere).map((other) => names[other % names.length]),
        before: before.filter(isThere).map((other) => names[other % names.length]),
      };
      const task = (name: string): ShutdownTask => ({ name: names[index], phase: name, run });
      const tasks: OwnedTask[] = [
        ...hooks.map((hook): OwnedTask => {
          return { task: task(hookPhase), ordering, hook: SHUTDOWN_HOOKS[hook] };
        }),
        ...methods.map((name): OwnedTask => ({ task: task(name), ordering })),
      ];
      const node = graph.nodeOf(object);
      return node && tasks.length > 0 ? [{ object, node, tasks, leftToNest: [] }] : [];
    }),
  );
}

/** What a task waits for in the end: through gates, through others, and through their phases. */
function allBefore(
  task: ShutdownTask,
  all: readonly ShutdownTask[],
  rightBefore: (one: ShutdownTask) => Iterable<ShutdownTask>,
): Set<ShutdownTask> {
  const step = (one: ShutdownTask) => [
    ...rightBefore(one),
    ...all.filter((other) => phases.precedes(other.phase, one.phase)),
  ];
  const seen = new Set(step(task));
  for (const one of seen) for (const other of step(one)) seen.add(other);
  return new Set([...seen].filter(({ gate }) => !gate));
}

/** What is asked of an order. */
interface Answers {
  readonly before: (task: ShutdownTask) => Iterable<ShutdownTask>;
  readonly directly: (task: ShutdownTask) => Iterable<ShutdownTask>;
  readonly sorted: (phase: string) => Iterable<ShutdownTask>;
}

/** Everything that an order says, with numbers for tasks. */
function told(tasks: readonly ShutdownTask[], { before, directly, sorted }: Answers) {
  const index = new Map(tasks.map((task, at) => [task, at]));
  const numbers = (all: Iterable<ShutdownTask>) => [...all].map((task) => index.get(task) ?? -1);
  return {
    before: tasks.map((task) => numbers(allBefore(task, tasks, before)).toSorted((a, b) => a - b)),
    directly: tasks.map((task) => numbers(directly(task))),
    sorted: phases.names.map((name) => numbers(sorted(name))),
  };
}

/** What the function gives back, or the class of the error. */
function resultOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return (error as Error).constructor;
  }
}

function compare(container: Container): void {
  const { graph, objects } = nestOf(container);
  const owners = ownersOf(container, graph, objects);
  const own: OwnTask[] = [
    { task: { name: 'nest', phase: 'close', run }, stage: 2 },
    { task: { name: 'http', phase: 'drain', run } },
  ];
  const tasks = [...own, ...owners.flatMap((owner) => owner.tasks)].map(({ task }) => task);
  const wished = resultOf(() => {
    const order = new OrderByPairs(phases, graph, owners, own);
    return told(tasks, {
      before: (task) => order.allBefore(task),
      directly: (task) => order.directlyBefore(task),
      sorted: (name) => order.sorted(name),
    });
  });
  const ordered = resultOf(() => {
    const sources = { phases, owners, graph, own, say: () => undefined };
    const order = new TaskOrdering(sources).complete();
    const running = new Set([...tasks, ...order.gates]);
    const waitedFor = [...running].flatMap((task) => order.predecessors(task));
    expect(waitedFor.filter((task) => !running.has(task))).toEqual([]);
    return told(tasks, {
      before: (task) => order.predecessors(task),
      directly: (task) => order.comesAfter(task),
      sorted: (name) => order.sorted(name),
    });
  });
  expect(ordered).toEqual(wished);
}

const base: Density = { providers: 14, modules: 5, uses: 3, userOrders: 0, discovers: 0 };

describe.each<[string, Density]>([
  ['without orders of the user', base],
  ['without many injections', { ...base, uses: 1 }],
  ['of few modules', { ...base, modules: 2, providers: 20 }],
  ['with orders of the user', { ...base, userOrders: 15 }],
  ['with an order of the user here and there', { ...base, userOrders: 4 }],
  ['with one that calls others by discovery', { ...base, discovers: 6 }],
  ['with many that call others by discovery', { ...base, discovers: 30 }],
  ['with all of it', { ...base, userOrders: 5, discovers: 15 }],
])('the order of any container %s', (_, density) => {
  it('is that of all pairs, one after the other', async () => {
    await check(containers(density), compare);
  });
});
