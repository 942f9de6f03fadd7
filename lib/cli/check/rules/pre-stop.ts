import { seconds, type CheckContext } from '../context.js';
import { preStopOf } from '../kubernetes/pre-stop.js';
import type { Workload } from '../kubernetes/workload.js';
import { isDistroless } from '../known-images.js';
import { waitOn } from '../plan-facts.js';

/** What a preStop hook does wrong, apart from its time. */
export function checkPreStop(
  { app, subject, isKnative, isOfThePlan }: Workload,
  context: CheckContext,
): void {
  const hook = app && preStopOf(app.value);
  if (!app || !hook) return;
  const at = hook.value;
  if (isKnative) {
    const message = 'Knative does not take a preStop hook';
    return context.report('knative/hooks', { at, subject, message, remedy: 'Remove the hook.' });
  }
  if (hook.unbounded !== undefined) {
    const message = `preStop may take the whole grace period: ${hook.unbounded}`;
    context.report('prestop/unbounded', {
      at,
      subject,
      message,
      remedy: 'Give it a limit, or remove the hook.',
    });
  }
  if (
    hook.program !== undefined &&
    isDistroless(app.image) &&
    hook.program !== 'node' &&
    !hook.program.endsWith('/node')
  ) {
    context.report('prestop/needs-shell', {
      at,
      subject,
      message: `preStop runs ${hook.program}, which ${app.image} does not have`,
      remedy: 'Remove the hook, or use preStop: { sleep: { seconds: 5 } } (Kubernetes 1.30).',
    });
  }
  const { plan } = context;
  const { floorMs = 0 } = plan && isOfThePlan ? waitOn(plan, 'kubernetes') : {};
  if (!hook.onlySleeps || floorMs === 0 || hook.ms === undefined || hook.ms === 0) return;
  context.report('prestop/double-wait', {
    at,
    subject,
    message: `preStop sleeps ${seconds(hook.ms)}, and the application then waits at least ${seconds(floorMs)} for the same load balancers`,
    remedy: 'Remove the hook, or set propagationFloorMs to 0.',
  });
}
