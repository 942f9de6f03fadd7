import { makeStageable } from './stage/ports.js';

makeStageable();

export { ContractViolationError } from './contract-violation.error.js';
export { integrationContract, type ContractCase } from './integration-contract.js';
export {
  type ContractSetup,
  type IntegrationRig,
  type PieceFate,
  type WorkSourceApp,
} from './integration-rig.js';
export type { RequestRecord, StagedRequestOptions, StagedResponse } from './stage/client.js';
export { ExpectationError, StageError } from './stage/errors.js';
export type { StagedHold } from './stage/holds.js';
export type { Left } from './stage/leftovers.js';
export { ShutdownOutcome, type OutcomeData } from './stage/outcome.js';
export { planSnapshot } from './stage/plan-snapshot.js';
export type { TaskRecord } from './stage/recorder.js';
export { Stage } from './stage/stage.js';
export type { StagedSubject, StageOptions } from './stage/stage-options.js';
export { stageShutdown } from './stage/stage-shutdown.js';
export {
  startProcess,
  StartedProcess,
  type ProcessExit,
  type StartProcessOptions,
} from './start-process.js';
export { VirtualClock } from './virtual-clock.js';
