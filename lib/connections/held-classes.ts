type Call = (this: object, ...args: unknown[]) => unknown;

/** Who holds the closing calls of instances that nothing has found. */
export interface ClassHolder {
  /** Whether a call that is made now on this instance is to be held; `method` is what was called. */
  isMeant(instance: object, method: Call): boolean;
  called(instance: object, name: string, args: readonly unknown[], call: Call): unknown;
}

/** One prototype whose closing methods are replaced, for all applications of the process that need it. */
interface HeldClass {
  readonly holders: Set<ClassHolder>;
  readonly giveBack: () => void;
}

const heldClasses = new Map<object, HeldClass>();

/**
 * Replaces the closing methods of these prototypes: an instance may be in a private field, in a closure or in a module, where
 * nobody else can find it. Returns the undo, which leaves the prototypes as they were.
 */
export function holdClasses(
  prototypes: Iterable<object>,
  closings: readonly string[],
  holder: ClassHolder,
): () => void {
  const held = [...prototypes].map((prototype) => {
    const known = heldClasses.get(prototype) ?? replaced(prototype, closings);
    heldClasses.set(prototype, known);
    known.holders.add(holder);
    return prototype;
  });
  return () => {
    for (const prototype of held) {
      const one = heldClasses.get(prototype);
      if (!one?.holders.delete(holder) || one.holders.size > 0) continue;
      heldClasses.delete(prototype);
      one.giveBack();
    }
  };
}

function replaced(prototype: object, closings: readonly string[]): HeldClass {
  const holders = new Set<ClassHolder>();
  const undos = closings.map((name) => replaceOne(prototype, name, holders));
  return { holders, giveBack: () => undos.forEach((undo) => undo()) };
}

function replaceOne(
  prototype: object,
  name: string,
  holders: ReadonlySet<ClassHolder>,
): () => void {
  const before = Object.getOwnPropertyDescriptor(prototype, name);
  const call: unknown = before?.value;
  if (!before || typeof call !== 'function') return () => undefined;
  const original = call as Call;
  const ours: Call = function (...args) {
    const holder = [...holders].find((one) => one.isMeant(this, ours));
    return holder
      ? holder.called(this, name, args, original)
      : Reflect.apply<object, unknown[], unknown>(original, this, args);
  };
  try {
    Object.defineProperty(prototype, name, { ...before, value: ours });
  } catch {
    return () => undefined; // frozen
  }
  return () => {
    const now = Object.getOwnPropertyDescriptor(prototype, name);
    // Somebody else may have put something there.
    if (now?.value === ours) Object.defineProperty(prototype, name, before);
  };
}
