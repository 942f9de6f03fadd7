// Starts the app, gives it something to do, stops it in the middle of that, and shows what it says.
// With --broker-down the last events can't be delivered.
import { AppProcess, type Line } from './app-process.js';
import { Outside } from './outside.js';

/** What Nest itself says at boot. */
const NEST_BOOT =
  /\[(NestFactory|InstanceLoader|RoutesResolver|RouterExplorer|NestApplication|Main)\]/;

const outside = new Outside();
outside.brokerDown = process.argv.includes('--broker-down');
const app = new AppProcess({ OUTSIDE_URL: await outside.open() });
const [url = ''] = /http:\S+/.exec(await app.line(/listening on/)) ?? [];

for (const key of ['A-1', 'A-2', 'A-3']) await post('/orders', { key, item: 'tea' });
await post('/orders/index');
const exporting = fetch(`${url}/orders/export`);
await app.line(/export begun/);

const stoppedAt = performance.now();
app.terminate();
const [answer, { code, signal }] = await Promise.all([exporting, app.ended]);
const { orders, invoices } = (await answer.json()) as Record<string, unknown[]>;
outside.close();

const boot = app.lines.filter(({ at, text }) => at < stoppedAt && !NEST_BOOT.test(text));
const shutdown = app.lines.filter(({ at }) => at >= stoppedAt);
const drawing = shutdown.splice(shutdown.findLastIndex(({ logged }) => logged) + 1);
console.log(
  [
    ...boot.map(({ text }) => text),
    '',
    '   0.00 s  <- SIGTERM',
    ...shutdown.map(withTime),
    ...drawing.map(({ text }) => text),
    '',
    `the app ended with ${signal ?? `code ${code}`}`,
    `the export: ${answer.status}, ${orders?.length} orders, ${invoices?.length} invoices`,
    `the registry: ${[...outside.registry].join(', ') || 'nobody'}`,
    `the broker: ${outside.events.join(', ') || 'nothing'}`,
    `the collector: ${outside.metrics}`,
  ].join('\n'),
);
process.exitCode = code ?? 1;

async function post(path: string, body: object = {}): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${path}: ${response.status} ${await response.text()}`);
}

function withTime({ at, text, logged }: Line): string {
  if (!logged) return `           ${text}`;
  return `${((at - stoppedAt) / 1_000).toFixed(2).padStart(7)} s  ${text}`;
}
