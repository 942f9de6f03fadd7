/** What the preload is to do in the process of an application; it comes by the environment. */
export interface Job {
  /** The program, an absolute path: Nest is looked for from there. */
  readonly entry: string;
  /** `plan` ends the process when the plan is made; `serve` lets it run. */
  readonly kind: 'plan' | 'serve';
  /** Adds the module to an application that does not have it. */
  readonly addModule: boolean;
  /** For `plan`: runs the init hooks, and waits for them. */
  readonly init?: boolean;
  /** For `plan`: how long that may take, in milliseconds. */
  readonly timeoutMs?: number;
}

export const JOB_VARIABLE = 'NESTJS_GRACEFUL_JOB';

/** The file descriptor on which the preload tells, a line of JSON for each message. */
export const MESSAGE_FD = 3;

/** What had to be made to have the application there. */
export interface Constructed {
  readonly modules: number;
  readonly providers: number;
  /** Those of `useFactory`, whose code may have done anything. */
  readonly factories: readonly string[];
}

/** A route that the application has asked Nest's adapter for. */
export interface Route {
  readonly method: 'GET';
  readonly path: string;
}

/** How an application was made. */
export type FactoryMethod = 'create' | 'createMicroservice' | 'createApplicationContext';

/** What the preload tells. */
export type Message =
  /** `added`: it has the module because the preload has added it. */
  | { readonly event: 'created'; readonly by: FactoryMethod; readonly added: boolean }
  | { readonly event: 'plan'; readonly plan: unknown; readonly constructed: Constructed }
  /** It could not be made. `provider` is the one that failed, or has not answered. */
  | { readonly event: 'failed'; readonly provider?: string; readonly message: string }
  /** A server listens, on another port than the application has asked for. */
  | { readonly event: 'listening'; readonly wanted: number; readonly port: number }
  | { readonly event: 'serving'; readonly port: number; readonly routes: readonly Route[] };
