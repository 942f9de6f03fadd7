import type { Message, QueuedIterator } from './shapes.js';

/** Told of what a loop over messages does. */
export interface LoopObserver {
  /** A message waits for its turn in this loop. */
  queued(loop: Loop): void;
  /** The loop has got this message. */
  taken(message: Message, iterator: QueuedIterator): void;
  /** It asks for the next one, or is over. */
  left(message: Message): void;
}

/** Messages that a loop has before it. */
interface Queued {
  readonly message: Message;
  /** Where it stands until it is taken: the loop goes through it by its index. */
  readonly list: unknown[];
}

const observers = new WeakMap<QueuedIterator, Loop>();
const noticed = new WeakSet<object>();

/** Finds whose an iterator is that has just been given something; undefined where it is nobody's. */
export type OwnerOf = (iterator: QueuedIterator) => LoopObserver | undefined;

const owners = new Set<WeakRef<{ readonly ownerOf: OwnerOf }>>();

/** As long as it is held. */
export function observeLoops(owner: { readonly ownerOf: OwnerOf }): void {
  owners.add(new WeakRef(owner));
}

/** Watches what is pushed to the iterators of this class, of which a library has one copy. */
export function noticeIteratorsOf(iterator: object): void {
  let prototype = Object.getPrototypeOf(iterator) as QueuedIterator | null;
  while (prototype && !Object.hasOwn(prototype, 'push')) {
    prototype = Object.getPrototypeOf(prototype) as QueuedIterator | null;
  }
  if (!prototype || noticed.has(prototype)) return;
  noticed.add(prototype);
  type Push = (this: QueuedIterator, value: unknown) => void;
  const push: Push = Reflect.get<QueuedIterator, 'push'>(prototype, 'push');
  prototype.push = function (this: QueuedIterator, value) {
    const loop = loopOf(this);
    push.call(this, value);
    if (loop && typeof value === 'object' && value !== null) loop.queue(value as Message);
  };
}

function loopOf(iterator: QueuedIterator): Loop | undefined {
  const known = observers.get(iterator);
  if (known) return known;
  for (const reference of owners) {
    const owner = reference.deref();
    if (!owner) owners.delete(reference);
    const observer = owner?.ownerOf(iterator);
    if (!observer) continue;
    const loop = new Loop(iterator, observer);
    observers.set(iterator, loop);
    return loop;
  }
  return undefined;
}

/** One `for await` over messages. */
export class Loop {
  private readonly queued: Queued[] = [];
  private current?: Message;

  constructor(
    private readonly iterator: QueuedIterator,
    readonly observer: LoopObserver,
  ) {
    onSet(iterator, 'processed', () => this.takes());
    onSet(iterator, 'time', () => this.leaves());
    const over = () => this.leaves();
    iterator.iterClosed.then(over, over);
  }

  queue(message: Message): void {
    this.queued.push({ message, list: this.iterator.yields });
    this.observer.queued(this);
  }

  /** What waits is skipped: a function in its place is called in its turn, and does nothing. */
  giveUp(): Message[] {
    const given = this.queued.splice(0).filter(({ message, list }) => {
      const index = list.indexOf(message);
      if (index < 0) return false;
      list[index] = () => undefined;
      this.iterator.pendingFiltered = (this.iterator.pendingFiltered ?? 0) + 1;
      return true;
    });
    return given.map(({ message }) => message);
  }

  private takes(): void {
    this.leaves();
    this.current = this.queued.shift()?.message;
    if (this.current) this.observer.taken(this.current, this.iterator);
  }

  private leaves(): void {
    const { current } = this;
    this.current = undefined;
    if (current) this.observer.left(current);
  }
}

function onSet(iterator: QueuedIterator, key: 'processed' | 'time', told: () => void): void {
  let value = iterator[key];
  Object.defineProperty(iterator, key, {
    configurable: true,
    enumerable: true,
    get: () => value,
    set: (next: number) => {
      value = next;
      told();
    },
  });
}
