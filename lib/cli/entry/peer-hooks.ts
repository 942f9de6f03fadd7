/** A hook of Node's for the thread of hooks (Node 20 docs, "Customization Hooks"), and what it does. */
export interface PeerData {
  /** The URL of the folder whose files are to take the application's packages. */
  readonly from: string;
  /** The URL of the application's program. */
  readonly entry: string;
}

interface ResolveContext {
  readonly parentURL?: string;
}

let data: PeerData;

export function initialize(given: PeerData): void {
  data = given;
}

export function resolve(
  specifier: string,
  context: ResolveContext,
  next: (specifier: string, context: ResolveContext) => unknown,
): unknown {
  return next(specifier, redirected(specifier, context, data));
}

/** Has a package of a file of this package looked for where the program is. */
export function redirected<T extends ResolveContext>(
  specifier: string,
  context: T,
  { from, entry }: PeerData,
): T {
  const isPackage = !/^(\.|\/|node:|file:)/.test(specifier);
  const isOurs = context.parentURL?.startsWith(from) ?? false;
  return isPackage && isOurs ? { ...context, parentURL: entry } : context;
}
