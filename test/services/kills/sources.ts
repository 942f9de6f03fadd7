import { BullModule as Bull, getQueueToken as bullToken } from '@nestjs/bull';
import { BullModule as BullMQ, getQueueToken as bullMQToken } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect, type Channel } from 'amqplib';
import { connectAsync, type MqttClient } from 'mqtt';
import { mqttUrl, rabbitmqUrl } from '../microservices/servers.js';
import { redisUrl } from '../servers.js';
import type { Piece } from './program.js';

/** A source of the program, from outside. */
export interface Source {
  readonly name: string;
  readonly publish: (pieces: readonly Piece[]) => Promise<unknown>;
  /** Jobs that are not completed, or messages that nobody has taken. */
  readonly left: () => Promise<number>;
  /** With all that the broker keeps of it. */
  readonly remove: () => Promise<unknown>;
}

/** What this uses of a queue, of Bull and of BullMQ. */
interface Queue {
  addBulk(jobs: ReadonlyArray<{ name: string; data: Piece }>): Promise<unknown>;
  getJobCounts(): Promise<Record<string, number>>;
  obliterate(options: { force: boolean }): Promise<unknown>;
}

/** Every library has a careful source and a careless one; MQTT has one. */
export const twins = (library: string): [string, string] => [library, `careless ${library}`];

export async function connectSources(prefix: string, golevelup: boolean) {
  const queues = (library: string) => twins(library).map((name) => ({ name: prefix + name }));
  const imports = [
    BullMQ.forRoot({ connection: { url: redisUrl } }),
    BullMQ.registerQueue(...queues('BullMQ')),
    Bull.forRoot({ url: redisUrl }),
    Bull.registerQueue(...queues('Bull')),
  ];
  @Module({ imports })
  class Producers {}
  const nest = await NestFactory.createApplicationContext(Producers, { logger: false });
  const amqp = await connect(rabbitmqUrl);
  const channel = await amqp.createConfirmChannel();
  const mqtt = await connectAsync(mqttUrl);

  const all = [
    ...twins('BullMQ').map((name) => jobs(name, nest.get<Queue>(bullMQToken(prefix + name)))),
    ...twins('Bull').map((name) => jobs(name, nest.get<Queue>(bullToken(prefix + name)))),
    ...twins('RabbitMQ').map((name) => {
      const pattern = name === 'RabbitMQ' ? 'careful' : 'careless';
      return messages(name, prefix + name, channel, (data) => ({ pattern, data }));
    }),
    ...(golevelup ? twins('golevelup') : []).map((name) =>
      messages(name, prefix + name, channel, (piece) => piece),
    ),
    await session('MQTT', `${prefix}MQTT`, mqtt),
  ];
  const disconnect = () => Promise.all([nest.close(), amqp.close(), mqtt.endAsync()]);
  return { all, disconnect };
}

function jobs(name: string, queue: Queue): Source {
  return {
    name,
    publish: (pieces) => queue.addBulk(pieces.map((data) => ({ name: 'piece', data }))),
    async left() {
      const { completed: _, ...others } = await queue.getJobCounts();
      return Object.values(others).reduce((sum, count) => sum + count, 0);
    },
    remove: () => queue.obliterate({ force: true }),
  };
}

function messages(
  name: string,
  queue: string,
  channel: Channel,
  contentOf: (piece: Piece) => object,
): Source {
  return {
    name,
    publish(pieces) {
      for (const piece of pieces) {
        channel.sendToQueue(queue, Buffer.from(JSON.stringify(contentOf(piece))));
      }
      return channel.waitForConfirms();
    },
    left: async () => (await channel.checkQueue(queue)).messageCount,
    remove: () => channel.deleteQueue(queue),
  };
}

/** The broker keeps for it what comes while nobody is connected. */
async function session(name: string, clientId: string, mqtt: MqttClient): Promise<Source> {
  const owner = await connectAsync(mqttUrl, { clientId, clean: false });
  await owner.subscribeAsync(clientId, { qos: 1 });
  await owner.endAsync();
  return {
    name,
    publish(pieces) {
      const contents = pieces.map((data) => JSON.stringify({ pattern: clientId, data }));
      return Promise.all(
        contents.map((content) => mqtt.publishAsync(clientId, content, { qos: 1 })),
      );
    },
    left: async () => 0,
    async remove() {
      await (await connectAsync(mqttUrl, { clientId, clean: true })).endAsync();
    },
  };
}
