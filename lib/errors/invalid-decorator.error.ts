import { GracefulError } from './graceful.error.js';

/** A decorator of this package stands where it can't work. */
export class InvalidDecoratorError extends GracefulError {
  static readonly code = 'GRACEFUL_INVALID_DECORATOR';
  readonly code = InvalidDecoratorError.code;

  constructor(
    decorator: string,
    place: string,
    problem: string,
    remedy = 'Put it on an instance method of a provider, controller or module class.',
  ) {
    super(`@${decorator}() on ${place}: ${problem}. ${remedy}`);
  }

  /** Refuses anything but an instance method; what a decorator is given says which it is. */
  static unlessMethod(
    decorator: string,
    target: object | undefined,
    method: string | symbol | undefined,
    descriptor: PropertyDescriptor | undefined,
  ): void {
    if (typeof target === 'function') {
      const place =
        method === undefined ? `class ${target.name}` : `${target.name}.${String(method)}`;
      const problem = method === undefined ? 'a class is no method' : 'it is static';
      throw new InvalidDecoratorError(decorator, place, problem);
    }
    if (typeof descriptor?.value === 'function') return;
    const place = `${target?.constructor.name ?? '?'}.${String(method)}`;
    throw new InvalidDecoratorError(decorator, place, 'it is not a method');
  }
}
