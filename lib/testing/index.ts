export { ContractViolationError } from './contract-violation.error.js';
export { integrationContract, type ContractCase } from './integration-contract.js';
export {
  type ContractSetup,
  type IntegrationRig,
  type PieceFate,
  type WorkSourceApp,
} from './integration-rig.js';
