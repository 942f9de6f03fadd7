// What the spec uses of a library that is installed beside Nest 11 only.
declare module '@golevelup/nestjs-rabbitmq' {
  import type { DynamicModule } from '@nestjs/common';

  export class AmqpConnection {
    readonly managedConnection: {
      readonly connection: { readonly connection: { readonly stream: import('node:net').Socket } };
    };
    readonly consumerTags: string[];
  }
  export const RabbitMQModule: { forRoot(config: object): DynamicModule };
  export function RabbitSubscribe(options: object): MethodDecorator;
  export function RabbitRPC(options: object): MethodDecorator;
}
