import type { INestApplicationContext, DynamicModule, Type } from '@nestjs/common';
import type { ResolvedOptions } from '../../options/resolve-options.js';

/** What is staged: an application, the module to create one from (on Express), or what creates it. */
export type StagedSubject =
  INestApplicationContext | Type | DynamicModule | (() => Promise<INestApplicationContext>);

/** How `stageShutdown()` stages it. */
export interface StageOptions {
  /**
   * The platform whose defaults hold, as far as `forRoot()` does not say otherwise. Only for a module, or what creates the
   * application: one that is there has its options already. Default: what the environment says, as in production.
   */
  readonly platform?: ResolvedOptions['platform'];
  /**
   * `'virtual'`: time stands still until the test moves it. `'real'`: the same test in real time, and no process ends
   * either. Default `'virtual'`.
   */
  readonly time?: 'virtual' | 'real';
  /** Added to the environment that the module sees, such as `{ GRACEFUL_GRACE_PERIOD_MS: '20000' }`. As for `platform`. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long anything real may take that the test does not hold, in real milliseconds. Default 1000. */
  readonly patienceMs?: number;
}
