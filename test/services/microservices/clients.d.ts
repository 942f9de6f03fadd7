// What these specs use of clients whose types are not installed with the repository, or differ between Nest 11 and 12.

declare module 'amqplib' {
  export interface ConsumeMessage {
    readonly content: Buffer;
    readonly properties: { readonly replyTo?: unknown; readonly correlationId?: unknown };
    readonly fields: { readonly redelivered: boolean };
  }
  export interface Channel {
    sendToQueue(queue: string, content: Buffer, options?: object): boolean;
    assertQueue(queue: string, options?: object): Promise<{ queue: string }>;
    prefetch(count: number): Promise<unknown>;
    consume(
      queue: string,
      onMessage: (message: ConsumeMessage | null) => unknown,
      options?: object,
    ): Promise<{ consumerTag: string }>;
    cancel(consumerTag: string): Promise<unknown>;
    waitForConfirms(): Promise<void>;
    checkQueue(queue: string): Promise<{ messageCount: number; consumerCount: number }>;
    deleteQueue(queue: string): Promise<unknown>;
    ack(message: unknown): void;
    close(): Promise<void>;
  }
  export interface Connection {
    createChannel(): Promise<Channel>;
    createConfirmChannel(): Promise<Channel>;
    close(): Promise<void>;
    on(event: 'close' | 'error', listener: () => void): unknown;
  }
  export function connect(url: string, options?: object): Promise<Connection>;
}

declare module 'amqplib/callback_api' {
  import type { ConsumeMessage } from 'amqplib';
  type Done = (failure: Error | null, ok?: unknown) => void;
  export interface Channel {
    assertQueue(queue: string): void;
    prefetch(count: number): void;
    consume(
      queue: string,
      onMessage: (message: ConsumeMessage | null) => void,
      options: object,
      done: Done,
    ): void;
    sendToQueue(queue: string, content: Buffer): boolean;
    ack(message: unknown): void;
  }
  export interface Connection {
    createChannel(done: (failure: unknown, channel: Channel) => void): void;
    close(done: Done): void;
  }
  export function connect(
    url: string,
    done: (failure: Error | null, connection: Connection) => void,
  ): void;
}

declare module 'amqp-connection-manager' {
  import type { Channel, ConsumeMessage } from 'amqplib';
  export interface ChannelWrapper {
    waitForConnect(): Promise<void>;
    assertQueue(queue: string): Promise<unknown>;
    consume(
      queue: string,
      onMessage: (message: ConsumeMessage) => void,
      options?: object,
    ): Promise<unknown>;
    sendToQueue(queue: string, content: Buffer): Promise<boolean>;
    ack(message: unknown): void;
  }
  export interface AmqpConnectionManager {
    createChannel(options?: { setup: (channel: Channel) => unknown }): ChannelWrapper;
    close(): Promise<void>;
  }
  export function connect(urls: string[], options?: object): AmqpConnectionManager;
}

declare module 'ioredis' {
  export class Redis {
    constructor(options: object);
    publish(channel: string, message: string): Promise<number>;
    disconnect(): void;
  }
}

declare module 'mqtt' {
  export interface MqttClient {
    on(event: 'message', listener: (topic: string, content: Buffer) => void): this;
    subscribeAsync(topic: string, options?: object): Promise<unknown>;
    publishAsync(topic: string, content: string, options?: { qos: 0 | 1 | 2 }): Promise<unknown>;
    endAsync(): Promise<void>;
  }
  export function connectAsync(url: string, options?: object): Promise<MqttClient>;
}

declare module '@grpc/grpc-js' {
  /** A call whose answer comes in parts, or whose question does. */
  export interface Call extends AsyncIterable<Record<string, string>> {
    write(message: object): void;
    end(): void;
    cancel(): void;
    resume(): void;
    on(event: 'error', listener: (error: Error) => void): Call;
    once(event: 'data', listener: () => void): Call;
    once(event: 'status', listener: (status: { readonly code: number }) => void): Call;
  }
  type Answered = (error: Error | null, answer: Record<string, string>) => void;
  export interface Client {
    close(): void;
    waitForReady(deadline: number, callback: (error?: Error) => void): void;
    Ask(question: object, answered: Answered): Call;
    Stream(question: object): Call;
    Upload(answered: Answered): Call;
    Check(question: object, answered: Answered): Call;
    Watch(question: object): Call;
  }
  const grpc: {
    credentials: { createInsecure(): unknown };
    loadPackageDefinition(definition: unknown): unknown;
  };
  export default grpc;
}

declare module '@grpc/proto-loader' {
  const loader: { loadSync(path: string, options?: object): unknown };
  export default loader;
}

declare module 'grpc-health-check' {
  const health: {
    protoPath: string;
    HealthImplementation: new (statuses: Record<string, string>) => {
      addToServer(server: unknown): void;
    };
  };
  export default health;
}
