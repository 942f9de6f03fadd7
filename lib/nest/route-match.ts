/** A request that may be the application's. */
export interface RouteQuestion {
  readonly method: string;
  readonly path: string;
  /** A path that nobody has: what matches it as well is for every request. */
  readonly elsewhere: string;
}

/** Something of the application that matches a path. */
export interface RouteMatch {
  /** Its pattern, for the log. */
  readonly text: string;
  /** The pattern is the path itself. */
  readonly exact: boolean;
  /** A route; middleware on a path answers, or passes the request on. */
  readonly certain: boolean;
}
