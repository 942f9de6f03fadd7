import { GracefulError } from './graceful.error.js';

/** The probes' own port could not be opened. */
export class ProbeServerError extends GracefulError {
  static readonly code = 'GRACEFUL_PROBE_SERVER';
  readonly code = ProbeServerError.code;

  constructor(host: string, port: number, cause: Error) {
    super(
      `The probes can't listen on ${host}:${port} (${cause.message}). ` +
        `Choose a free port in \`probes.port\`, or leave it out to answer probes on the application's own port.`,
      { cause },
    );
  }
}
