import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { UnknownOptionError } from '../errors/unknown-option.error.js';
import {
  installed,
  isOpenTelemetry,
  isPrometheus,
  type OpenTelemetryApi,
  type PrometheusClient,
} from './peers.js';

/** What `startTelemetry()` takes. */
export interface TelemetryOptions {
  /**
   * `false` for no spans and no metrics of OpenTelemetry; the module `@opentelemetry/api` itself, where this package can't find it.
   * @default what is installed
   */
  openTelemetry?: false | OpenTelemetryApi;
  /**
   * `false` for no metrics of Prometheus; the module `prom-client` itself, where this package can't find it, or
   * `{ ...client, register }` with a registry of your own.
   * @default what is installed, and its default registry
   */
  prometheus?: false | PrometheusClient;
}

export interface ResolvedTelemetryOptions {
  readonly openTelemetry?: OpenTelemetryApi;
  readonly prometheus?: PrometheusClient;
}

const NAMES = ['openTelemetry', 'prometheus'];

/** @throws InvalidOptionError, UnknownOptionError */
export function resolveTelemetryOptions(options: TelemetryOptions): ResolvedTelemetryOptions {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    const remedy = 'Call startTelemetry({ … }) or startTelemetry().';
    throw new InvalidOptionError('options of startTelemetry()', 'an object', options, remedy);
  }
  for (const name of Object.keys(options)) {
    if (!NAMES.includes(name)) throw new UnknownOptionError(name, NAMES);
  }
  const openTelemetry = settled('openTelemetry', '@opentelemetry/api', options, isOpenTelemetry);
  const prometheus = settled('prometheus', 'prom-client', options, isPrometheus);
  if (openTelemetry || prometheus) {
    return { ...(openTelemetry && { openTelemetry }), ...(prometheus && { prometheus }) };
  }
  throw new InvalidOptionError(
    'openTelemetry and prometheus',
    '@opentelemetry/api and prom-client, one of them at least',
    undefined,
    'Install one of the two, or pass the module: startTelemetry({ openTelemetry: api }).',
  );
}

function settled<T>(
  name: keyof TelemetryOptions,
  module: string,
  { [name]: given }: { readonly [key in keyof TelemetryOptions]: unknown },
  isRight: (value: unknown) => value is T,
): T | undefined {
  if (given === false) return undefined;
  if (given === undefined) {
    const found = installed(module);
    return isRight(found) ? found : undefined;
  }
  if (isRight(given)) return given;
  const remedy = `Pass what \`import * as …\` of ${module} gives, false, or leave it out.`;
  throw new InvalidOptionError(name, `the module ${module}, or false`, given, remedy);
}
