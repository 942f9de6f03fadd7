import type { Service } from '../../support/services.js';
import { answers } from '../servers.js';

/** Where the brokers are that these specs talk to; Redis is in `../servers.ts`. */
export const rabbitmqUrl = process.env.RABBITMQ_URL ?? 'amqp://127.0.0.1:5672';
export const mqttUrl = process.env.MQTT_URL ?? 'mqtt://127.0.0.1:1883';
export const natsUrl = process.env.NATS_URL ?? 'nats://127.0.0.1:4222';

export const rabbitmq = await service('RabbitMQ', 'RABBITMQ_URL', rabbitmqUrl, 5672);
export const mqtt = await service('an MQTT broker', 'MQTT_URL', mqttUrl, 1883);
export const nats = await service('NATS', 'NATS_URL', natsUrl, 4222);

async function service(
  name: string,
  variable: string,
  url: string,
  port: number,
): Promise<Service> {
  const hint = `Start one or set ${variable} (now ${url}).`;
  return { name, available: await answers(url, port), hint };
}
