import type { MarkedMethod } from '../decorators/marked-method.explorer.js';
import type { ShutdownMark } from '../decorators/shutdown.decorators.js';
import { phaseMarkOf } from '../decorators/shutdown-phase.decorator.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import type { ProviderNode } from '../nest/provider-node.js';
import {
  canTakeOver,
  hasHook,
  takeOver,
  type HookRoom,
  type ShutdownHook,
  type TakenHook,
} from '../nest/shutdown-hooks.js';
import type { HookSurvey } from './hook-survey.js';
import type { Ordering } from '../engine/order-target.js';
import type { ShutdownContext, ShutdownTask, TaskContext } from '../engine/task.js';

/** What the user has said of the order of something, and where: `@OnFlush()` of a method, or an entry of `order`. */
export interface PlacedOrdering extends Ordering {
  readonly place: string;
}

/** What the user has said of the hooks of one object. */
export interface HookOrdering extends PlacedOrdering {
  /** `close` when it is not said. */
  readonly phase?: string;
}

/** One thing that an object has to do at shutdown. */
export interface OwnedTask {
  readonly task: ShutdownTask;
  readonly ordering?: PlacedOrdering;
  /** The hook of Nest that it runs; undefined for a decorated method. */
  readonly hook?: ShutdownHook;
  /** Takes the hook over, once the shutdown has begun; false when the object refuses. */
  readonly takeOver?: () => boolean;
  /** Leaves the object as it was. */
  readonly giveBack?: () => void;
}

/** What Nest's own teardown tells the hooks that were taken over from it. */
export interface NestSide {
  /** It has come, so that what it calls from now on is not waited for. */
  readonly opened: boolean;
  /** What `app.close()` was told. */
  readonly signal?: string;
}

/** Where the tasks of an application run, so that what they close can be held. */
export interface TaskRooms {
  /** Runs a task. */
  inTask(name: string, context: TaskContext, run: () => unknown): unknown;
  /** Where one hook runs, whoever calls it. */
  hookRoom(): HookRoom;
  /** What an object has to wait for: the closing of a client that was made from it. */
  holdOff(object: object): Promise<unknown> | undefined;
}

/** An object that has something to do at shutdown. */
export interface HookOwner {
  readonly object: object;
  readonly node: ProviderNode;
  /** Its hooks, in Nest's order, and its decorated methods. */
  readonly tasks: readonly OwnedTask[];
  /** Hooks that can't be taken over, because the object is frozen. */
  readonly leftToNest: readonly string[];
}

/** What owners are found by. */
export interface OwnerSearch {
  readonly graph: ProviderGraph;
  /** Without those of this package. */
  readonly hooks: HookSurvey;
  readonly methods: ReadonlyArray<MarkedMethod<ShutdownMark>>;
  /** The entry of `forRoot({ order })` for an object; it wins over `@ShutdownPhase()`. */
  readonly orderOf: (object: object) => HookOrdering | undefined;
  readonly nest: NestSide;
  readonly rooms: TaskRooms;
}

/** Finds every object that has shutdown hooks or decorated methods. */
export function findHookOwners(search: OwnerSearch): HookOwner[] {
  const methods = new Map<object, Array<MarkedMethod<ShutdownMark>>>();
  for (const method of search.methods) {
    methods.set(method.owner, [...(methods.get(method.owner) ?? []), method]);
  }
  const objects = methods.size === 0 ? search.hooks.keys() : search.graph.objects();
  const owners: HookOwner[] = [];
  for (const object of objects) {
    const hooks = search.hooks.get(object) ?? NO_HOOKS;
    const own = methods.get(object) ?? NO_METHODS;
    const node = hooks.length + own.length > 0 ? search.graph.nodeOf(object) : undefined;
    if (node) owners.push(ownerOf(object, node, hooks, own, search));
  }
  return owners;
}

const NO_HOOKS: readonly ShutdownHook[] = [];
const NO_METHODS: ReadonlyArray<MarkedMethod<ShutdownMark>> = [];
const NO_NAMES: readonly string[] = [];

function ownerOf(
  object: object,
  node: ProviderNode,
  hooks: readonly ShutdownHook[],
  methods: ReadonlyArray<MarkedMethod<ShutdownMark>>,
  search: OwnerSearch,
): HookOwner {
  const mark = phaseMarkOf(object);
  const ordering =
    search.orderOf(object) ?? (mark && { ...mark, place: `@ShutdownPhase() of ${node.name}` });
  const site = siteOf(node, mark?.site);
  const tasks: OwnedTask[] = [];
  let leftToNest = NO_NAMES;
  for (const hook of hooks) {
    if (canTakeOver(object, hook)) {
      tasks.push(new HookTask(object, node, hook, ordering, site, search));
    } else leftToNest = [...leftToNest, `${node.name}.${hook}`];
  }
  for (const method of methods) tasks.push(methodTask(method, node, ordering, search.rooms));
  return { object, node, tasks, leftToNest };
}

/** A hook of Nest as a task. One object for both, because an application may have thousands. */
class HookTask implements OwnedTask, ShutdownTask {
  readonly name: string;
  readonly phase: string;
  readonly timeoutMs?: number;
  readonly critical?: boolean;
  private taken?: TakenHook;

  constructor(
    private readonly object: object,
    node: ProviderNode,
    readonly hook: ShutdownHook,
    readonly ordering: HookOrdering | undefined,
    readonly site: string,
    private readonly search: Pick<OwnerSearch, 'nest' | 'rooms'>,
  ) {
    this.name = `${node.name}.${hook}`;
    this.phase = ordering?.phase ?? 'close';
    this.timeoutMs = ordering?.timeoutMs;
    this.critical = ordering?.critical;
  }

  get task(): ShutdownTask {
    return this;
  }

  holdOff(): Promise<unknown> | undefined {
    return this.search.rooms.holdOff(this.object);
  }

  run(context: TaskContext): unknown {
    return this.search.rooms.inTask(this.name, context, () => this.call(context));
  }

  takeOver(): boolean {
    const { object, hook, search } = this;
    if (!hasHook(object, hook)) return true; // taken away since
    this.taken = takeOver(object, hook, () => search.nest.opened, search.rooms.hookRoom());
    return this.taken !== undefined;
  }

  giveBack(): void {
    this.taken?.giveBack();
  }

  /** As Nest calls it. */
  private call({ reason }: TaskContext): unknown {
    if (this.hook === 'onModuleDestroy') return this.taken?.run();
    return this.taken?.run(reason.kind === 'signal' ? reason.signal : this.search.nest.signal);
  }
}

function methodTask(
  { mark, place, call }: MarkedMethod<ShutdownMark>,
  node: ProviderNode,
  ofClass: HookOrdering | undefined,
  rooms: TaskRooms,
): OwnedTask {
  const { phase, timeoutMs, critical, name = place } = mark;
  const run = (context: TaskContext) => rooms.inTask(name, context, () => call(ofUsers(context)));
  const task = { name, phase, timeoutMs, critical, site: siteOf(node, mark.site), run };
  // It orders the whole class in its phase.
  const shared = ofClass && (ofClass.phase ?? 'close') === phase ? ofClass : undefined;
  const ordering = {
    place,
    after: [...(mark.after ?? []), ...(shared?.after ?? [])],
    before: [...(mark.before ?? []), ...(shared?.before ?? [])],
  };
  return { task, ordering };
}

/** An object of its own, without what is not for users; read anew at each access, as the docs say. */
function ofUsers(context: TaskContext): ShutdownContext {
  return {
    get signal() {
      return context.signal;
    },
    get deadline() {
      return context.deadline;
    },
    get remainingMs() {
      return context.remainingMs;
    },
    reason: context.reason,
    phase: context.phase,
  };
}

function siteOf({ place }: ProviderNode, source: string | undefined): string {
  return source === undefined ? place : `${place}, ${source}`;
}
