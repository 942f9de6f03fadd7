import { readInteger } from '../text/numbers.js';
import type { Value } from '../text/value.js';
import type { Container } from './workload.js';

export type ProbeKind = 'livenessProbe' | 'readinessProbe' | 'startupProbe';

/** A probe of a container, with the port by its number. */
export interface Probe {
  readonly value: Value;
  readonly kind: ProbeKind;
  /** What it asks, in one text that is equal when it asks the same; undefined when a template decides that. */
  readonly target: string | undefined;
  readonly isTcp: boolean;
  readonly path: string | undefined;
  readonly port: number | undefined;
}

/** The probe of a kind; undefined when there is none, or one that asks nothing (Knative fills that in). */
export function probeOf(container: Container, kind: ProbeKind): Probe | undefined {
  const value = container.value.get(kind);
  if (value.kind !== 'map' || value.keys.length === 0) return undefined;
  const http = value.get('httpGet');
  const tcp = value.get('tcpSocket');
  const asked = http.isSet ? http : tcp;
  const port = portOf(container, asked.get('port'));
  const path = http.isSet ? (http.get('path').text ?? '/') : undefined;
  return {
    value,
    kind,
    target: targetOf(value, path, port),
    isTcp: tcp.isSet,
    path,
    port: numberOf(port),
  };
}

function targetOf(
  value: Value,
  path: string | undefined,
  port: string | undefined,
): string | undefined {
  if (path !== undefined)
    return port === undefined || /\{\{|\$\{/.test(path) ? undefined : `http ${port} ${path}`;
  if (value.get('tcpSocket').isSet) return port === undefined ? undefined : `tcp ${port}`;
  const grpc = value.get('grpc');
  if (grpc.isSet) return `grpc ${grpc.get('port').text} ${grpc.get('service').text ?? ''}`;
  const command = value.get('exec', 'command').texts;
  return command.length > 0 ? `exec ${command.join(' ')}` : undefined;
}

/** By number, also where the probe has its name. */
function portOf({ value }: Container, port: Value): string | undefined {
  if (!port.isSet || port.isUnknown) return undefined;
  const name = port.text ?? '';
  const named = value.get('ports').items.find((one) => one.get('name').text === name);
  return named?.get('containerPort').text ?? name;
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** What Kubernetes takes for a field of a probe that is not set. */
const DEFAULTS = {
  timeoutSeconds: 1,
  periodSeconds: 10,
  failureThreshold: 3,
  initialDelaySeconds: 0,
} as const;

/** A field of a probe, or Kubernetes' default for it. */
export function probeNumber({ value }: Probe, key: keyof typeof DEFAULTS): number {
  const reading = readInteger(value.get(key));
  return reading.kind === 'number' && reading.value > 0 ? reading.value : DEFAULTS[key];
}
