/** What the application has said of its routes in two lists of paths. `:name` or `*` in a path stands for one segment. */
export class SaidOfRoutes {
  private readonly yes: readonly RegExp[];
  private readonly no: readonly RegExp[];

  constructor(yes: readonly string[], no: readonly string[]) {
    this.yes = yes.map(patternOf);
    this.no = no.map(patternOf);
  }

  /** Whether a URL is on the one list, or the other; undefined when it is on neither. The second list wins. */
  of(url = '/'): boolean | undefined {
    const path = url.split(/[?#]/, 1)[0] ?? '/';
    if (this.no.some((pattern) => pattern.test(path))) return false;
    return this.yes.some((pattern) => pattern.test(path)) ? true : undefined;
  }
}

function patternOf(path: string): RegExp {
  const segments = path.split('/').map((segment) => {
    const any = segment === '*' || segment.startsWith(':');
    return any ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${segments.join('/')}/?$`);
}
