import { whatWasSaid, type ResolvedOptions } from '../options/resolve-options.js';
import type {
  PlanData,
  PlannedCheck,
  PlannedProbes,
  PlannedServer,
  PlannedSource,
  PlannedTransport,
  PlannedWarmUp,
} from '../report/plan-data.js';

/** A check as it was found. */
interface FoundCheck extends Pick<PlannedCheck, 'kind' | 'timeoutMs'> {
  /** `Class@method`. */
  readonly place: string;
  readonly owner: object;
}

/** What was found in the application that a plan shows. */
export interface FoundParts {
  readonly checks: readonly FoundCheck[];
  readonly servers: readonly PlannedServer[];
  readonly transports: readonly PlannedTransport[];
  readonly sources: readonly PlannedSource[];
  readonly warmUp?: PlannedWarmUp;
}

/** What a plan says beside the phases and their tasks. */
type PlanFacts = Omit<PlanData, 'version' | 'complete' | 'criticalPath' | 'phases' | 'leftToNest'>;

/** Says it from the options, and from what was found. `reach` names what an object reaches outside of the process. */
export function planFacts(
  options: ResolvedOptions,
  { checks, ...found }: FoundParts,
  reach: (owner: object) => readonly string[],
): PlanFacts {
  const planned = ({ place, owner, kind, timeoutMs }: FoundCheck): PlannedCheck => ({
    name: place,
    kind,
    timeoutMs,
    reaches: reach(owner),
  });
  return {
    platform: options.platform,
    gracePeriodMs: options.gracePeriodMs,
    given: whatWasSaid(options),
    exitMarginMs: options.exitMarginMs,
    propagation: {
      floorMs: options.propagationFloorMs,
      quietMs: options.propagationQuietMs,
      capMs: options.propagationCapMs,
      probeFailures: options.propagationProbeFailures,
    },
    signals: signalsOf(options),
    exit: {
      process: options.exitProcess,
      clean: options.exitCodeClean,
      forced: options.exitCodeForced,
      fatal: options.exitCodeFatal,
    },
    readinessOnShutdown: options.readinessOnShutdown,
    probes: probesOf(options, checks.map(planned)),
    ...found,
  };
}

function signalsOf({ signals, drainSignal, resumeSignal }: ResolvedOptions): PlanData['signals'] {
  return {
    stop: signals,
    ...(drainSignal === false ? {} : { drain: drainSignal }),
    ...(resumeSignal === false ? {} : { resume: resumeSignal }),
  };
}

function probesOf(
  { probes }: ResolvedOptions,
  checks: readonly PlannedCheck[],
): PlannedProbes | null {
  if (!probes) return null;
  const { port, livePath, readyPath, startupPath, checkTimeoutMs } = probes;
  return {
    ...(port === undefined ? {} : { port }),
    livePath,
    readyPath,
    startupPath,
    checkTimeoutMs,
    checks,
  };
}
