import { Controller, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MessagePattern, Transport } from '@nestjs/microservices';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Graceful, GracefulModule } from '../../lib/index.js';
import { freePort } from '../support/free-port.js';
import { schemaErrors } from '../support/schemas.js';

@Controller()
class Sums {
  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((sum, number) => sum + number, 0);
  }
}

@Module({ imports: [GracefulModule.forRoot({ platform: 'none' })], controllers: [Sums] })
class AppModule {}

describe('the plan of a hybrid application', () => {
  let close: () => Promise<void>;
  afterEach(() => close());

  it('has its transports, and what integrations have found', async () => {
    const port = await freePort();
    const app = await NestFactory.create(AppModule, { logger: false });
    close = () => app.close();
    app.connectMicroservice({ transport: Transport.TCP, options: { port, host: '127.0.0.1' } });
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const plan = app.get(Graceful).plan();

    expect(schemaErrors(plan)).toEqual([]);
    expect(plan.transports).toEqual([{ name: 'TCP', port }]);
    expect(plan.sources).toContainEqual({
      name: `TCP server 127.0.0.1:${port}`,
      kind: 'message',
      integration: '@nestjs/microservices',
    });
  });
});
