export { GracefulModule, type GracefulAsyncOptions } from './graceful.module.js';
export { type GracefulOptionsFactory } from './graceful.module-definition.js';
export { Graceful } from './graceful.js';
export {
  type ApplicationStatus,
  type AskMessage,
  type GracefulState,
  type PhaseMessage,
  type ProgressMessage,
  type ReportMessage,
  type StateMessage,
} from './lifecycle/state-events.js';
export { type Metrics, type MetricsMessage } from './health/metrics-endpoint.js';
export { type UncleanEndMessage } from './lifecycle/life-log.js';
export { type UncleanEnd } from './process/former-lives.js';
export { type LifeRecord, type LifeSigns } from './process/life-marker.js';
export { type ProcessIdentity } from './process/process-identity.js';
export { type GracefulOptions } from './options/graceful-options.js';
export { type EarlyAbortOptions } from './options/early-abort.js';
export { type OrderOptions, type PhaseOptions } from './options/phase-options.js';
export { type Platform } from './options/platform.js';
export { type ProbeOptions } from './options/probe-options.js';
export { type BusyCounts } from './engine/busy-counts.js';
export { type RolloutOptions } from './options/rollout-options.js';
export { type WarmUpOptions, type WarmUpRequest } from './options/warm-up-options.js';

export {
  LivenessCheck,
  ReadinessCheck,
  StartupCheck,
  type CheckOptions,
} from './decorators/check.decorators.js';
export {
  OnAnnounce,
  OnClose,
  OnDrain,
  OnFlush,
  OnShutdown,
  type OnShutdownOptions,
} from './decorators/shutdown.decorators.js';
export {
  WarmUp,
  type WarmUpContext,
  type WarmUpMethodOptions,
} from './decorators/warm-up.decorator.js';
export { ShutdownPhase } from './decorators/shutdown-phase.decorator.js';
export { Tracked } from './sources/tracked.decorator.js';
export { type ShutdownProgress } from './lifecycle/shutdown-progress.js';
export { type SourceProgress } from './sources/source-status.js';
export { type Hold } from './sources/work-register.js';
export { GracefulHealthIndicator } from './health/graceful-health.indicator.js';

export {
  type GatewayObserver,
  type Http2Farewell,
  type Integration,
  type IntegrationHost,
  type ProvidedObject,
  type WorkCounter,
  type WorkInFlight,
  type WorkSource,
} from './engine/integration.js';
export { type Ordering, type OrderTarget } from './engine/order-target.js';
export { type PhaseName } from './engine/phase.js';
export { type ShutdownPlan } from './report/plan.js';
export {
  type PlanData,
  type PlannedCheck,
  type PlannedPhase,
  type PlannedProbes,
  type PlannedServer,
  type PlannedSource,
  type PlannedTask,
  type PlannedTransport,
  type PlannedWarmUp,
} from './report/plan-data.js';
export { type ShutdownReason } from './engine/reason.js';
export { type ShutdownContext } from './engine/task.js';
export {
  type AddressClass,
  type Latecomers,
  type LateRequests,
  type LoadReport,
  type PhaseReport,
  type PropagationReport,
  type ShutdownRecord,
  type ShutdownReport,
  type SourceReport,
  type TaskOutcome,
  type TaskReport,
  type TrafficReport,
  type UnfinishedWork,
} from './engine/record.js';

export { BudgetExceededError } from './errors/budget-exceeded.error.js';
export { ConnectionInUseError } from './errors/connection-in-use.error.js';
export { DrainOverError } from './errors/drain-over.error.js';
export { DuplicateModuleError } from './errors/duplicate-module.error.js';
export { DuplicatePhaseError } from './errors/duplicate-phase.error.js';
export { GracefulError } from './errors/graceful.error.js';
export { InvalidDecoratorError } from './errors/invalid-decorator.error.js';
export { InvalidOptionError } from './errors/invalid-option.error.js';
export { MissingForRootError } from './errors/missing-for-root.error.js';
export { OrderCycleError } from './errors/order-cycle.error.js';
export { PhaseOverError } from './errors/phase-over.error.js';
export { ProbeServerError } from './errors/probe-server.error.js';
export { ShuttingDownError } from './errors/shutting-down.error.js';
export { TaskTimeoutError } from './errors/task-timeout.error.js';
export { UnknownOptionError } from './errors/unknown-option.error.js';
export { UnknownOrderTargetError } from './errors/unknown-order-target.error.js';
export { UnknownPhaseError } from './errors/unknown-phase.error.js';
export { UnsupportedNestError } from './errors/unsupported-nest.error.js';
