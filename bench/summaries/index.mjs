import { summarize as boot } from './boot.mjs';
import { summarize as bootstrap } from './bootstrap.mjs';
import { summarize as close } from './close.mjs';
import { summarize as idleConnections } from './idle-connections.mjs';
import { summarize as messages } from './messages.mjs';
import { summarize as lastCounters } from './last-counters.mjs';
import { summarize as overshoot } from './overshoot.mjs';
import { summarize as rollingDeploy } from './rolling-deploy.mjs';
import { summarize as steadyState } from './steady-state.mjs';
import { summarize as telemetry } from './telemetry.mjs';

const summaries = {
  boot,
  bootstrap,
  close,
  'idle-connections': idleConnections,
  messages,
  'last-counters': lastCounters,
  overshoot,
  'rolling-deploy': rollingDeploy,
  'steady-state': steadyState,
  telemetry,
};

/** The table of a result, whichever benchmark it is of. */
export function summarizeAny(result) {
  return summaries[result.bench](result);
}
