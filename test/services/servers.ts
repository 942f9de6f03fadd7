import { connect } from 'node:net';
import type { Service } from '../support/services.js';

/** Where the servers are that these specs talk to. */
export const redisUrl = process.env.REDIS_URL ?? 'redis://127.0.0.1:6379';
export const postgresUrl =
  process.env.DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres';

export const redis: Service = {
  name: 'Redis',
  available: await answers(redisUrl, 6379),
  hint: `Start one or set REDIS_URL (now ${redisUrl}).`,
};

export const postgres: Service = {
  name: 'PostgreSQL',
  available: await answers(postgresUrl, 5432),
  hint: `Start one or set DATABASE_URL (now ${postgresUrl}).`,
};

/** Both or nothing. */
export const postgresAndRedis: Service = {
  name: 'PostgreSQL and Redis',
  available: postgres.available && redis.available,
  hint: `${postgres.hint} ${redis.hint}`,
};

/** A name that no other run uses at the same time, for what a spec makes in a server. */
export const unique = (name: string): string =>
  `${name}_${NEST_MAJOR}_${process.pid.toString(36)}_${Date.now().toString(36)}`;

/** Whether something listens there. */
export function answers(url: string, defaultPort: number): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port) || defaultPort, hostname);
  return new Promise((resolve) => {
    const settle = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(2_000, settle(false));
    socket.once('connect', settle(true));
    socket.once('error', settle(false));
  });
}
