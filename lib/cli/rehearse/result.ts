import type { ArmResult } from './arm.js';
import type { ArmEvents } from './events.js';
import type { RestingRoute } from './routes.js';
import type { Verdict } from './verdict.js';

/** The result, as `nestjs-graceful/rehearsal.schema.json` describes it. Times in milliseconds. */
export interface Rehearsal extends Verdict {
  readonly version: 1;
  readonly entry: string;
  readonly platform: string;
  readonly graceMs: number;
  readonly lagMs: readonly [shortest: number, longest: number];
  readonly replicas: number;
  readonly ratePerSecond: number;
  readonly seed: number;
  /** Whether the application has the module itself. */
  readonly hasModule: boolean;
  readonly routes: readonly RestingRoute[];
  readonly arms: { readonly control: ArmResult; readonly module: ArmResult };
}

/** What `--events` keeps: the result, and all it was made of, so that every output can be made again. */
export interface RehearsalEvents {
  readonly version: 1;
  readonly result: Rehearsal;
  readonly events: { readonly control: ArmEvents; readonly module: ArmEvents };
}
