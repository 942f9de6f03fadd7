import { grpcMethodUnknown } from '../../log/boot-lines.js';
import type { Line } from '../../log/line.js';
import type { GrpcMethods } from '../../engine/integration.js';

/** An entry of the options, and whether a server of the application answers what it names by a stream. */
interface Entry {
  readonly option: string;
  readonly name: string;
  /** Whether its streams last for ever. */
  readonly lasts: boolean;
  answered: boolean;
}

/** The type of a handler of `@grpc/grpc-js` whose answer is a stream. */
export const STREAMING: ReadonlySet<unknown> = new Set(['serverStream', 'bidi']);

/**
 * What the application has said of its gRPC methods in `grpcEndlessMethods` and `grpcFiniteMethods`. A method that is named
 * goes before all methods of its service (`shop.Orders/*`). An entry that no server answers is a typing error or a leftover,
 * and is named once: when the application is up, and every gRPC server that it has by then listens.
 */
export class SaidOfMethods implements GrpcMethods {
  private readonly entries: readonly Entry[];
  private servers = 0;
  private listening = 0;
  private say?: (line: Line) => void;

  constructor(endless: readonly string[], finite: readonly string[]) {
    const entryOf = (option: string, lasts: boolean) => (name: string) => ({
      option,
      name: name.replace(/^\//, ''),
      lasts,
      answered: false,
    });
    this.entries = [
      ...endless.map(entryOf('grpcEndlessMethods', true)),
      ...finite.map(entryOf('grpcFiniteMethods', false)),
    ];
  }

  lastsForever(path: string): boolean | undefined {
    const { own, service } = namesOf(path);
    const entry = this.entryOf(own) ?? this.entryOf(service);
    return entry?.lasts;
  }

  expectServer(): void {
    this.servers += 1;
  }

  serverListens(handlers: ReadonlyMap<string, object>): void {
    this.listening += 1;
    for (const [path, handler] of handlers) {
      if (!STREAMING.has((handler as { type?: unknown }).type)) continue;
      const { own, service } = namesOf(path);
      for (const entry of this.entries) entry.answered ||= [own, service].includes(entry.name);
    }
    this.check();
  }

  /** To be called once the application is up. Names what no server answers, when those that it has by then listen. */
  whenServersListen(say: (line: Line) => void): void {
    this.say = say;
    this.check();
  }

  private check(): void {
    const { say } = this;
    if (!say || this.listening < this.servers) return;
    this.say = undefined;
    for (const { option, name, answered } of this.entries) {
      if (!answered) say(grpcMethodUnknown({ option, method: name }));
    }
  }

  private entryOf(name: string): Entry | undefined {
    return this.entries.find((entry) => entry.name === name);
  }
}

function namesOf(path: string): { own: string; service: string } {
  const own = path.replace(/^\//, '');
  return { own, service: `${own.slice(0, own.lastIndexOf('/'))}/*` };
}
