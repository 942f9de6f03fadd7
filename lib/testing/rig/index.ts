export { distance } from './distance.js';
export { Haproxy } from './haproxy.js';
export { Keeper } from './keeper.js';
export { freePort, listen, type Listener } from './listen.js';
export { Load, type Failure, type LoadOptions, type PlannedRequest, type Settled } from './load.js';
export { OUTCOMES, type Answer, type Outcome } from './outcome.js';
export { OwnProxy } from './own-proxy.js';
export { type Proxy, type Trace } from './proxy.js';
export { seededRandom } from './random.js';
export {
  Replica,
  type LogLine,
  type FollowOptions,
  type ReplicaExit,
  type ReplicaOptions,
} from './replica.js';
export { Rollout, type Replacement, type RolloutOptions } from './rollout.js';
