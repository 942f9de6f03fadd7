interface Wrapper {
  readonly token: unknown;
  readonly host?: { readonly name: string };
}

/** `Injector` of core 11 and 12, injector/injector.js. */
interface Injector {
  instantiateClass: (
    this: Injector,
    instances: unknown,
    wrapper: Wrapper,
    ...rest: unknown[]
  ) => Promise<unknown>;
}

/** Watches Nest make providers, so that the one that can't be made has a name. */
export class Making {
  private readonly pending = new Set<Wrapper>();
  private failure?: Wrapper;

  /** @param prototype that of `Injector` */
  watch(prototype: Injector): void {
    const { pending } = this;
    const { instantiateClass } = prototype;
    const failed = (wrapper: Wrapper) => void (this.failure ??= wrapper);
    prototype.instantiateClass = async function (instances, wrapper, ...rest) {
      pending.add(wrapper);
      try {
        return await instantiateClass.call(this, instances, wrapper, ...rest);
      } catch (error) {
        failed(wrapper);
        throw error;
      } finally {
        pending.delete(wrapper);
      }
    };
  }

  /** The one that has failed, or else has not answered for the longest time; such as `DataSource (TypeOrmCoreModule)`. */
  get culprit(): string | undefined {
    const wrapper = this.failure ?? [...this.pending][0];
    return wrapper && placeOf(wrapper);
  }
}

/** A provider and its module, for people. */
export function placeOf({ token, host }: Wrapper): string {
  const name = typeof token === 'function' ? token.name : String(token);
  return host ? `${name} (${host.name})` : name;
}
