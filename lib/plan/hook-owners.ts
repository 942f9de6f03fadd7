import type { MarkedMethod } from '../decorators/marked-method.explorer.js';
import type { ShutdownMark } from '../decorators/shutdown.decorators.js';
import { phaseMarkOf } from '../decorators/shutdown-phase.decorator.js';
import type { ProviderGraph } from '../nest/provider-graph.js';
import type { ProviderNode } from '../nest/provider-node.js';
import {
  canTakeOver,
  shutdownHooksOf,
  takeOver,
  type HookRoom,
  type ShutdownHook,
  type TakenHook,
} from '../nest/shutdown-hooks.js';
import type { HookSurvey } from './hook-survey.js';
import type { Ordering } from '../engine/order-target.js';
import type { ShutdownTask, TaskContext } from '../engine/task.js';

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
  const owners: HookOwner[] = [];
  for (const object of search.graph.objects()) {
    const hooks = search.hooks.get(object) ?? [];
    const own = methods.get(object) ?? [];
    const node = hooks.length + own.length > 0 ? search.graph.nodeOf(object) : undefined;
    if (node) owners.push(ownerOf(object, node, hooks, own, search));
  }
  return owners;
}

function ownerOf(
  object: object,
  node: ProviderNode,
  hooks: readonly ShutdownHook[],
  methods: ReadonlyArray<MarkedMethod<ShutdownMark>>,
  { orderOf, nest, rooms }: OwnerSearch,
): HookOwner {
  const ordering = orderOf(object) ?? classOrdering(object, node);
  const site = siteOf(node, phaseMarkOf(object)?.site);
  const own = hooks
    .filter((hook) => canTakeOver(object, hook))
    .map((hook) => hookTask(object, node, hook, ordering, site, { nest, rooms }));
  const marked = methods.map((method) => methodTask(method, node, ordering, rooms));
  return {
    object,
    node,
    tasks: [...own, ...marked],
    leftToNest: hooks
      .filter((hook) => !canTakeOver(object, hook))
      .map((hook) => `${node.name}.${hook}`),
  };
}

function hookTask(
  object: object,
  node: ProviderNode,
  hook: ShutdownHook,
  ordering: HookOrdering | undefined,
  site: string,
  { nest, rooms }: Pick<OwnerSearch, 'nest' | 'rooms'>,
): OwnedTask {
  let taken: TakenHook | undefined;
  const name = `${node.name}.${hook}`;
  const task: ShutdownTask = {
    name,
    phase: ordering?.phase ?? 'close',
    timeoutMs: ordering?.timeoutMs,
    critical: ordering?.critical,
    site,
    holdOff: () => rooms.holdOff(object),
    run: (context) => {
      const { reason } = context;
      const signal = reason.kind === 'signal' ? reason.signal : nest.signal;
      // As Nest calls them.
      return rooms.inTask(name, context, () =>
        hook === 'onModuleDestroy' ? taken?.run() : taken?.run(signal),
      );
    },
  };
  const replace = () => {
    if (!shutdownHooksOf(object).includes(hook)) return true; // taken away since
    taken = takeOver(object, hook, () => nest.opened, rooms.hookRoom());
    return taken !== undefined;
  };
  return { task, ordering, hook, takeOver: replace, giveBack: () => taken?.giveBack() };
}

function methodTask(
  { mark, place, call }: MarkedMethod<ShutdownMark>,
  node: ProviderNode,
  ofClass: HookOrdering | undefined,
  rooms: TaskRooms,
): OwnedTask {
  const { phase, timeoutMs, critical, name = place } = mark;
  const run = (context: TaskContext) => rooms.inTask(name, context, () => call(context));
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

function classOrdering(object: object, { name }: ProviderNode): HookOrdering | undefined {
  const mark = phaseMarkOf(object);
  return mark && { ...mark, place: `@ShutdownPhase() of ${name}` };
}

function siteOf({ place }: ProviderNode, source: string | undefined): string {
  return source === undefined ? place : `${place}, ${source}`;
}
