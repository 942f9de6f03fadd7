import { hasMethods } from '../kit/shape.js';

/** One of a reply's packets; the last is disposed. */
export interface ReplyPacket {
  readonly isDisposed?: boolean;
}

export type Respond = (packet: ReplyPacket) => unknown;
export type StartHook = (transport: unknown, context: object, done: () => unknown) => unknown;
export type EndHook = (transport: unknown, context: object) => unknown;

/**
 * What the servers of `@nestjs/microservices` have in common (11.1.4 on, and 12; `server/server.js`). Its own types are
 * not imported, for it need not be installed.
 */
export interface RpcServer {
  /** `Transport`, or a symbol of a custom one. */
  readonly transportId?: unknown;
  readonly onProcessingStartHook?: StartHook;
  readonly onProcessingEndHook?: EndHook;
  setOnProcessingStartHook: (hook: StartHook) => void;
  setOnProcessingEndHook: (hook: EndHook) => void;
  /** Writes what a handler has answered. */
  send: (stream: unknown, respond: Respond) => unknown;
  /** Takes a message that has arrived: deserializes it, and calls its handler. All but gRPC. */
  handleMessage?: (...args: unknown[]) => unknown;
  close: () => unknown;
}

/** `messageHandlers` of a server, by pattern. */
export type Handlers = ReadonlyMap<string, { readonly isEventHandler?: boolean }>;

/** A custom strategy need not extend Nest's `Server`, and then tells nothing. */
export const isRpcServer = (server: object): server is RpcServer =>
  hasMethods(server, 'setOnProcessingStartHook', 'setOnProcessingEndHook', 'send');
