import 'reflect-metadata';
import { isMarked, isMarkUsed, noteMark, notePlace } from '../copies/marks.js';
import { InvalidDecoratorError } from '../errors/invalid-decorator.error.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';

/**
 * Writes marks of one kind on methods and reads them again. Marks are kept on the prototype under the method's name,
 * not on the function: a decorator above ours may replace the function. The key is the same in every copy of this package,
 * so the decorators of one count in the module of another.
 */
export class MethodMark<T> {
  private readonly key: symbol;

  constructor(private readonly decorator: string) {
    this.key = Symbol.for(`nestjs-graceful:${decorator}`);
  }

  /**
   * The decorator that adds a mark; marks stack. A method that overrides a marked one keeps its marks, or replaces them
   * with its own: added to them, the same work would run twice. `name` is the decorator as the user wrote it, `site` the
   * file and line.
   */
  decorate(mark: T, name = this.decorator, site?: string): MethodDecorator {
    return (target: object, method: string | symbol, descriptor?: PropertyDescriptor) => {
      InvalidDecoratorError.unlessMethod(name, target, method, descriptor);
      if (typeof method === 'symbol') {
        const place = `${target.constructor.name}.${String(method)}`;
        throw new InvalidDecoratorError(name, place, 'its name is a symbol, so it is not found');
      }
      const own = (Reflect.getOwnMetadata(this.key, target, method) as T[] | undefined) ?? [];
      const marks = [...own, mark];
      Reflect.defineMetadata(this.key, marks, target, method);
      noteMark(this.decorator, target);
      notePlace({ decorator: name, method, site }, target);
    };
  }

  /** Whether any method in the process is marked. */
  get isUsed(): boolean {
    return isMarkUsed(this.decorator);
  }

  /** Whether any method of a prototype is marked, inherited ones included. */
  isOn(prototype: object): boolean {
    return isMarked(this.decorator, prototype);
  }

  /** The marks of a method, inherited ones included; the first is the lowest above the method. */
  of(prototype: object, method: string | symbol): readonly T[] {
    return (Reflect.getMetadata(this.key, prototype, method) as T[] | undefined) ?? [];
  }
}

/** Checks a time given to a decorator, in milliseconds. */
export function checkTimeout(option: string, value: unknown): void {
  if (value === undefined || (typeof value === 'number' && value > 0 && value <= 2_147_483_647))
    return;
  throw new InvalidOptionError(
    option,
    'a positive number of milliseconds',
    value,
    'Pass a number such as 2000, or leave it out.',
  );
}
