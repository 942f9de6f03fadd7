import type { CheckContext } from '../context.js';
import { inFrontOfNode, startsNode } from '../command-line.js';
import { isConnectionProxy, isDistroless } from '../known-images.js';
import { checkVersions } from '../kubernetes/versions.js';
import { labelsOf, type Workload } from '../kubernetes/workload.js';
import type { Value } from '../text/value.js';

/** What else the pod says: the command, its signal, what stands beside the application. */
export function checkPod(workload: Workload, context: CheckContext): void {
  checkSidecars(workload, context);
  checkVersions(workload, context);
  const { app, subject, isJob } = workload;
  if (!app || isJob) return;
  checkTypes(app.value, subject, context);
  checkCommand(app.value, app.image, subject, context);
  const signal = app.value.get('lifecycle', 'stopSignal');
  if (signal.text !== undefined) context.checkSignal(signal, signal.text, subject, 'stopSignal');
  const path = app.value.get('terminationMessagePath');
  if (path.text !== undefined && path.text !== '/dev/termination-log') {
    context.report('report/lost', {
      at: path,
      subject,
      message: `terminationMessagePath is ${path.text}, and the report is written to /dev/termination-log`,
      remedy: `Remove it, or set the option terminationLog to '${path.text}'.`,
    });
  }
}

/** What a rule reads and finds in another form than Kubernetes takes. */
function checkTypes(container: Value, subject: string, context: CheckContext): void {
  const lists = ['env', 'ports', 'command', 'args'].map((key) => [key, 'list'] as const);
  const maps = ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'].map(
    (key) => [key, 'map'] as const,
  );
  for (const [key, kind] of [...lists, ...maps]) {
    const at = container.get(key);
    if (!at.isSet || at.isUnknown || at.kind === kind) continue;
    const message = `${key} has to be a ${kind}, and is a ${at.kind === 'scalar' ? 'single value' : at.kind}`;
    context.report('value/wrong', { at, subject, message, remedy: `Write ${key} as a ${kind}.` });
  }
}

function checkCommand(
  container: Value,
  image: string,
  subject: string,
  context: CheckContext,
): void {
  const command = container.get('command');
  // Without `command`, `args` go to the ENTRYPOINT of the image, which is not known here.
  const words = [...command.texts, ...container.get('args').texts];
  if (command.texts.length === 0 || !startsNode(words)) return;
  const shell = isDistroless(image)
    ? 'none'
    : /alpine/.test(image)
      ? 'ash'
      : /slim|bookworm|bullseye|buster|trixie|debian|ubuntu/.test(image)
        ? 'dash'
        : 'unknown';
  const found = inFrontOfNode(words, { shell });
  if (found) context.report(found.rule, { at: command, subject, ...found });
}

function checkSidecars(workload: Workload, context: CheckContext): void {
  const { containers, app, subject, isJob } = workload;
  for (const { value, name, image } of containers.filter((one) => one !== app)) {
    if (!isConnectionProxy(name, image)) continue;
    const message = isJob
      ? `${name} never ends, so the Job never does`
      : `${name} gets its signal with the application, and may end before its drain`;
    const remedy =
      'Make it a native sidecar: an entry of initContainers with restartPolicy: Always (Kubernetes 1.29).';
    context.report(isJob ? 'sidecar/job' : 'sidecar/order', {
      at: value,
      subject,
      message,
      remedy,
    });
  }
  if (!isJob || labelsOf(workload).get('sidecar.istio.io/inject') !== 'true') return;
  const message = 'Istio puts a proxy into the pod that never ends, so the Job never does';
  context.report('sidecar/job', {
    at: workload.template,
    subject,
    message,
    remedy: 'Use native sidecars of Istio, or set sidecar.istio.io/inject to "false".',
  });
}
