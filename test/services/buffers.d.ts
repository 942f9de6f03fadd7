// What the specs use of libraries that are not installed with the repository.

declare module '@opentelemetry/api' {
  export const trace: { setGlobalTracerProvider(provider: object): boolean; disable(): void };
  export const metrics: { disable(): void };
}

declare module 'winston' {
  import type { Writable } from 'node:stream';

  export class Transport {
    log?(info: { message: string }, done: () => void): void;
  }
  export interface Logger extends Writable {
    info(message: string): void;
    child(meta: object): Logger;
  }
  const winston: {
    createLogger(options: { transports: object[] }): Logger;
    Transport: typeof Transport;
    transports: { Console: new () => object };
  };
  export default winston;
}
