/** On the prototype of every copy of the package: its errors know each other. */
const MARK = Symbol.for('nestjs-graceful:error');

/** Every failure this package raises on purpose: what happened, what to do, and a stable `code`. */
export abstract class GracefulError extends Error {
  /** Stable across releases; test for this, never for the message. */
  abstract readonly code: `GRACEFUL_${string}`;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = nameOf(new.target);
  }
}

Object.defineProperty(GracefulError.prototype, MARK, { value: true });
// Not a member of the class: in its declaration it would change how TypeScript narrows by `instanceof`.
Object.defineProperty(GracefulError, Symbol.hasInstance, { value: hasInstance });

/**
 * `instanceof`, for errors of another copy of this package as well: the CommonJS build beside the ES modules, or another
 * version. Their classes are others; the codes are the same.
 */
function hasInstance(this: NewableFunction, value: unknown): boolean {
  if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
  if (typeof value !== 'object' || value === null || !(MARK in value)) return false;
  if (this === GracefulError) return true;
  const code = codeOf(this);
  return code !== undefined && 'code' in value && value.code === code;
}

/** By the code, because bundlers rename classes. A subclass of the user's has the name that it was given. */
function nameOf(errorClass: NewableFunction): string {
  const words = codeOf(errorClass)?.toLowerCase().split('_').slice(1);
  if (!words) return errorClass.name;
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}Error`;
}

/** What an error class of this package has as `static code`. */
function codeOf(errorClass: NewableFunction): string | undefined {
  return Object.hasOwn(errorClass, 'code') ? String(Reflect.get(errorClass, 'code')) : undefined;
}
