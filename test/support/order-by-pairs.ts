import { OrderCycleError } from '../../lib/errors/order-cycle.error.js';
import type { PhaseGraph } from '../../lib/engine/phase-graph.js';
import type { ShutdownTask } from '../../lib/engine/task.js';
import type { ProviderGraph } from '../../lib/nest/provider-graph.js';
import type { ProviderNode } from '../../lib/nest/provider-node.js';
import { CLOSE_STAGES, type OwnTask } from '../../lib/plan/close-stages.js';
import type { HookOwner } from '../../lib/plan/hook-owners.js';

/**
 * The order of tasks as one would write it down first: every pair that is wished for, one after the other, into a table of
 * who comes before whom. It grows with the square, or worse, and shares no code with lib but the graph of providers.
 */
export class OrderByPairs {
  private readonly before = new Map<ShutdownTask | string, Set<ShutdownTask | string>>();
  private readonly stages = new Map<ShutdownTask, number>();
  private readonly tasks: readonly ShutdownTask[];

  constructor(
    private readonly phases: PhaseGraph,
    private readonly graph: ProviderGraph,
    private readonly owners: readonly HookOwner[],
    private readonly own: readonly OwnTask[],
  ) {
    this.tasks = [
      ...own.map(({ task }) => task),
      ...owners.flatMap(({ tasks }) => tasks.map(({ task }) => task)),
    ];
    const boundaries = phases.names.flatMap((name) => [`begin ${name}`, `end ${name}`]);
    for (const item of [...this.tasks, ...boundaries]) this.before.set(item, new Set());
    this.obeyUser();
    this.keepAround();
    this.stage();
    this.relate();
  }

  /** All that must be over before a task, its stage included. */
  allBefore(task: ShutdownTask): Set<ShutdownTask> {
    const stage = this.stages.get(task) ?? -Infinity;
    const found = new Set<ShutdownTask>();
    const add = (one: ShutdownTask) => {
      if (found.has(one)) return;
      found.add(one);
      for (const other of this.before.get(one) ?? []) if (typeof other !== 'string') add(other);
    };
    for (const other of this.before.get(task) ?? []) if (typeof other !== 'string') add(other);
    for (const [other, its] of this.stages) if (its < stage) add(other);
    return found;
  }

  /** As `TaskOrder.comesAfter()`. */
  directlyBefore(task: ShutdownTask): ShutdownTask[] {
    const all = [...(this.before.get(task) ?? [])];
    return this.tasks.filter(
      (one) => all.includes(one) && !all.some((other) => this.before.get(other)?.has(one)),
    );
  }

  /** As `TaskOrder.sorted()`. */
  sorted(phase: string): ShutdownTask[] {
    const count = (task: ShutdownTask) => this.before.get(task)?.size ?? 0;
    return this.tasks
      .filter((task) => task.phase === phase)
      .toSorted((a, b) => count(a) - count(b))
      .toSorted((a, b) => (this.stages.get(a) ?? 0) - (this.stages.get(b) ?? 0));
  }

  /** Whether the first is before the second from now on. */
  private add(first: ShutdownTask | string, second: ShutdownTask | string): boolean {
    if (first === second || this.before.get(first)?.has(second)) return false;
    for (const [item, before] of this.before) {
      if (item !== second && !before.has(second)) continue;
      before.add(first);
      for (const earlier of this.before.get(first) ?? []) before.add(earlier);
    }
    return true;
  }

  private require(first: ShutdownTask, second: ShutdownTask): void {
    if (this.phases.precedes(first.phase, second.phase)) return;
    if (first.phase !== second.phase) this.addBoundaries();
    if (!this.add(first, second)) throw new OrderCycleError('tasks', [first.name, second.name]);
  }

  private prefer(first: ShutdownTask, second: ShutdownTask): void {
    if (first.phase !== second.phase) return;
    if (this.stages.get(first) === this.stages.get(second)) this.add(first, second);
  }

  private addBoundaries(): void {
    for (const phase of this.phases.names) {
      for (const earlier of this.phases.directlyBefore(phase)) {
        this.add(`end ${earlier}`, `begin ${phase}`);
      }
      this.add(`begin ${phase}`, `end ${phase}`);
      for (const task of this.tasks.filter((one) => one.phase === phase)) {
        this.add(`begin ${phase}`, task);
        this.add(task, `end ${phase}`);
      }
    }
  }

  private obeyUser(): void {
    for (const { tasks } of this.owners) {
      const hooks = tasks.filter(({ hook }) => hook).map(({ task }) => task);
      for (const [index, task] of hooks.entries()) {
        for (const later of hooks.slice(index + 1)) this.prefer(task, later);
      }
    }
    for (const { task, ordering } of this.owners.flatMap(({ tasks }) => tasks)) {
      for (const name of ordering?.after ?? []) {
        for (const other of this.named(name, task)) this.require(other, task);
      }
      for (const name of ordering?.before ?? []) {
        for (const other of this.named(name, task)) this.require(task, other);
      }
    }
  }

  private named(name: unknown, { phase }: ShutdownTask): ShutdownTask[] {
    const all = this.tasks.filter((task) => task.name === name);
    const here = all.filter((task) => task.phase === phase);
    return here.length > 0 ? here : all;
  }

  private keepAround(): void {
    for (const { tasks } of this.owners) {
      for (const { task: method } of tasks.filter(({ hook }) => !hook)) {
        if (['announce', 'propagate', 'drain'].includes(method.phase)) continue;
        for (const { task, hook } of tasks) {
          if (hook === 'onApplicationShutdown') this.prefer(method, task);
          else if (hook) this.prefer(task, method);
        }
      }
    }
  }

  private stage(): void {
    const wanted = new Map<ShutdownTask, number>();
    for (const { task, stage } of this.own) if (stage !== undefined) wanted.set(task, stage);
    for (const { task, hook } of this.owners.flatMap(({ tasks }) => tasks)) {
      wanted.set(task, CLOSE_STAGES[hook ?? 'onApplicationShutdown']);
    }
    const stages = new Map<ShutdownTask, number>();
    const inOrder = this.tasks.toSorted(
      (a, b) => (this.before.get(a)?.size ?? 0) - (this.before.get(b)?.size ?? 0),
    );
    for (const task of inOrder) {
      const own = wanted.get(task) ?? CLOSE_STAGES.onApplicationShutdown;
      const before = [...(this.before.get(task) ?? [])].map(
        (one) => (typeof one === 'string' ? undefined : stages.get(one)) ?? -Infinity,
      );
      stages.set(task, Math.max(task.phase === 'close' ? own : -Infinity, ...before));
    }
    for (const [task, stage] of stages) if (task.phase === 'close') this.stages.set(task, stage);
  }

  private relate(): void {
    const nodes = new Map<ProviderNode, HookOwner[]>();
    for (const owner of this.owners) {
      nodes.set(owner.node, [...(nodes.get(owner.node) ?? []), owner]);
    }
    const reach = new Map([...this.graph.nodes()].map((node) => [node, reachable(node, usesOf)]));
    const reaches = (from: ProviderNode, to: ProviderNode) => reach.get(from)?.has(to) === true;
    const pair = (first: ProviderNode, second: ProviderNode) => {
      for (const { tasks } of nodes.get(first) ?? []) {
        for (const { tasks: later } of nodes.get(second) ?? []) this.preferTasks(tasks, later);
      }
    };
    for (const first of nodes.keys()) {
      for (const second of reach.get(first) ?? []) {
        if (first !== second && nodes.has(second) && !reaches(second, first)) pair(first, second);
      }
    }
    const all = this.graph.dispatchers();
    const dispatching = [...nodes.keys()].filter((node) => all.has(node));
    const homes = new Set(dispatching.map(({ host }) => host));
    for (const node of nodes.keys()) {
      if (all.has(node)) continue;
      const driving = [...(reach.get(node) ?? [])]
        .filter((one) => all.has(one) && one.host !== node.host)
        .map(({ host }) => host);
      const behind = new Set(driving.filter((host) => homes.has(host)));
      for (const other of dispatching) {
        if (!behind.has(other.host)) pair(other, node);
        else if (!reaches(other, node)) pair(node, other);
      }
    }
    const entered = new Set<unknown>();
    for (const node of this.graph.nodes()) {
      for (const used of node.uses) {
        if (all.has(used) && used.host !== node.host) entered.add(used.host);
      }
    }
    for (const first of dispatching.filter(({ host }) => !entered.has(host))) {
      for (const second of dispatching.filter(({ host }) => entered.has(host))) pair(first, second);
    }
    this.relateImports([...nodes.keys()], pair);
    this.relateSharers(nodes, reaches, pair);
  }

  private relateImports(nodes: readonly ProviderNode[], pair: Tell): void {
    const hosts = [...new Set(nodes.map(({ host }) => host))];
    const of = (host: unknown) => nodes.filter((node) => node.host === host);
    for (const importer of hosts) {
      for (const host of reachable(importer, ({ imports }) => imports)) {
        if (host === importer || reachable(host, ({ imports }) => imports).has(importer)) continue;
        for (const first of of(importer)) for (const second of of(host)) pair(first, second);
      }
    }
  }

  private relateSharers(
    nodes: ReadonlyMap<ProviderNode, unknown>,
    reaches: (from: ProviderNode, to: ProviderNode) => boolean,
    pair: Tell,
  ): void {
    const known = new Map<ProviderNode, Set<ProviderNode>>();
    const nearest = (node: ProviderNode): Set<ProviderNode> => {
      const found = known.get(node) ?? new Set<ProviderNode>();
      if (known.has(node)) return found;
      known.set(node, found);
      for (const used of node.uses) {
        if (used.isModuleClass && used.host === node.host) continue;
        for (const one of nodes.has(used) ? [used] : nearest(used)) found.add(one);
        if (found.size > 32) break;
      }
      return found;
    };
    for (const user of this.graph.nodes()) {
      const shared = [...nearest(user)];
      if (shared.length > 32) continue;
      for (const first of shared) {
        for (const second of shared) {
          if (this.graph.endOf(first.host) >= this.graph.endOf(second.host)) continue;
          if (!reaches(first, second) && !reaches(second, first)) pair(first, second);
        }
      }
    }
  }

  private preferTasks(tasks: HookOwner['tasks'], later: HookOwner['tasks']): void {
    for (const { task } of tasks) {
      if (['announce', 'propagate', 'drain'].includes(task.phase)) continue;
      for (const { task: other } of later) this.prefer(task, other);
    }
  }
}

type Tell = (first: ProviderNode, second: ProviderNode) => void;

function usesOf({ uses }: ProviderNode): Iterable<ProviderNode> {
  return uses;
}

function reachable<T>(start: T, next: (item: T) => Iterable<T>): Set<T> {
  const found = new Set<T>(next(start));
  for (const item of found) for (const further of next(item)) found.add(further);
  return found;
}
