import { once } from 'node:events';
import { connect } from 'node:net';
import type { Service } from './services.js';

const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const { hostname, port, password } = new URL(url);

/** For programs, which are told where it is. */
export const redisAddress = {
  host: hostname,
  port: Number(port) || 6379,
  ...(password ? { password } : {}),
};

export const redis: Service = {
  name: 'Redis',
  available: await answersPing(),
  hint: `Start one or set REDIS_URL (now ${url}).`,
};

const REMOVE = "for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end";

/** Removes what programs have left; without a client library, for only programs have one here. */
export async function removeKeys(pattern: string): Promise<void> {
  await tell(['EVAL', REMOVE, '0', pattern]);
}

async function answersPing(): Promise<boolean> {
  return tell(['PING']).then(
    (answer) => answer.includes('PONG'),
    () => false,
  );
}

async function tell(command: readonly string[]): Promise<string> {
  const socket = connect(redisAddress.port, redisAddress.host);
  try {
    await once(socket, 'connect');
    const commands = [...(password ? [['AUTH', password]] : []), command];
    for (const words of commands) {
      socket.write(`*${words.length}\r\n`);
      for (const word of words) socket.write(`$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    }
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return String(answer);
  } finally {
    socket.end();
  }
}
