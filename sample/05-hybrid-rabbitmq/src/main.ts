import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Transport, type RmqOptions } from '@nestjs/microservices';
import { AppModule } from './app.module.js';
import { PlainAppModule } from './plain-app.module.js';

const urls = [process.env.RABBITMQ_URL ?? 'amqp://127.0.0.1:5672'];
const queueOptions = { durable: true };
const suffix = process.env.QUEUE_SUFFIX ?? '';

// For the comparison only: an app has one of the two.
const app = await NestFactory.create(process.env.GRACEFUL === 'off' ? PlainAppModule : AppModule);

// Parcels are acknowledged when they are packed, four at a time.
app.connectMicroservice<RmqOptions>({
  transport: Transport.RMQ,
  options: { urls, queue: `parcels${suffix}`, queueOptions, noAck: false, prefetchCount: 4 },
});
// Mails as Nest has it by default: the broker forgets a message as soon as it is sent to us.
app.connectMicroservice<RmqOptions>({
  transport: Transport.RMQ,
  options: { urls, queue: `mails${suffix}`, queueOptions },
});

app.enableShutdownHooks();
await app.init(); // before the first message comes, and `listen()` is too late for that
await app.startAllMicroservices();
await app.listen(process.env.PORT ?? 3000, '127.0.0.1');
new Logger('Main').log(`listening on ${await app.getUrl()}`);
