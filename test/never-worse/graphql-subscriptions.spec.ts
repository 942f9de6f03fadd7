import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { installed } from '../support/installed.js';
import { CELLS, startArm, type Arm, type Cell } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';
import { Switch } from '../support/switch.js';

afterEach(killStarted);

const CLIENTS = 3;

interface Sink {
  next(result: { data: Record<string, number> }): void;
  error(error: unknown): void;
  complete(): void;
}

interface Client {
  subscribe(payload: object, sink: Sink): () => void;
  dispose(): unknown;
}

const { createClient } = installed('graphql-ws') as { createClient: (options: object) => Client };
const { WebSocket } = installed('ws') as { WebSocket: unknown };

/** A client with its defaults, and what becomes of a subscription without an end, and of one that ends. */
function subscriber(port: number) {
  const heard = { name: new Set<number>(), once: new Set<number>() };
  const ends: string[] = [];
  const codes: number[] = [];
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    on: { closed: ({ code }: { code: number }) => codes.push(code) },
  });
  for (const field of ['name', 'once'] as const) {
    client.subscribe(
      { query: `subscription { ${field} }` },
      {
        next: ({ data }) => heard[field].add(data[field] ?? 0),
        error: () => ends.push(`${field} failed`),
        complete: () => ends.push(`${field} completed`),
      },
    );
  }
  return { heard, ends, codes, client };
}

/** Subscribers of a replica that leaves, while another takes new connections. */
async function run(cell: Cell, arm: Arm, other: Promise<number>) {
  const leaving = startArm(cell, arm, 'services/subscriptions');
  const { port } = await leaving.event('listening');
  const balancer = await Switch.to(port as number);
  const subscribers = Array.from({ length: CLIENTS }, () => subscriber(balancer.port));
  const all = (check: (one: (typeof subscribers)[number]) => boolean) => () =>
    subscribers.every(check);
  await eventually(
    'the first',
    all(({ heard, ends }) => heard.name.size > 0 && ends.length > 0),
  );
  balancer.target = await other;
  leaving.signal('SIGTERM');
  await eventually(
    'all to come back',
    all(({ heard, ends }) => heard.name.size + ends.length > 2),
  );
  const { code, signal } = await leaving.end;
  const result = {
    back: subscribers.filter(({ heard }) => heard.name.size === 2).length,
    backForWhatHadEnded: subscribers.filter(({ heard }) => heard.once.size === 2).length,
    ends: [...new Set(subscribers.flatMap(({ ends }) => ends))],
    codes: [...new Set(subscribers.map(({ codes }) => codes[0]))],
    end: code ?? signal,
  };
  for (const { client } of subscribers) void client.dispose();
  balancer.close();
  return result;
}

describe.each(CELLS)('a GraphQL subscription on Nest $nestMajor, $platform', (cell) => {
  it('is asked for again, at another server; one that has completed is not, which is the control', async () => {
    const staying = startArm(cell, 'plain Nest', 'services/subscriptions');
    const other = staying.event('listening').then(({ port }) => port as number);
    const [module, plain] = await Promise.all([
      run(cell, 'with the module', other),
      run(cell, 'plain Nest', other),
    ]);

    const back = { back: CLIENTS, backForWhatHadEnded: 0, ends: ['once completed'] };
    expect(module).toEqual({ ...back, codes: [1012], end: 0 });
    expect(plain).toMatchObject(back);
  }, 120_000); // three servers that take seconds to start
});
