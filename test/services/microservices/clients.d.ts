// What these specs use of clients whose types are not installed with the repository, or differ between Nest 11 and 12.

declare module 'amqplib' {
  export interface Channel {
    sendToQueue(queue: string, content: Buffer, options?: object): boolean;
    consume(
      queue: string,
      onMessage: (message: { content: Buffer } | null) => unknown,
      options?: object,
    ): Promise<unknown>;
    waitForConfirms(): Promise<void>;
    checkQueue(queue: string): Promise<{ messageCount: number; consumerCount: number }>;
    deleteQueue(queue: string): Promise<unknown>;
    ack(message: unknown): void;
  }
  export interface Connection {
    createConfirmChannel(): Promise<Channel>;
    close(): Promise<void>;
  }
  export function connect(url: string): Promise<Connection>;
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
