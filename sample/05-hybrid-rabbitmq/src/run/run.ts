// Rolls the app twice at the same time: with the module, and as plain Nest. `--json` adds a line for machines.
import { isRabbitmqThere, rabbitmqUrl } from './rabbitmq.js';
import { roll, type Outcome } from './roll.js';

if (!(await isRabbitmqThere())) {
  console.error(`This sample needs RabbitMQ, and there is none at ${rabbitmqUrl}.
Start one with \`docker compose up -d rabbitmq\` in the root of the repository, or set RABBITMQ_URL.`);
  process.exit(1);
}

const [graceful, plain] = await Promise.all([roll('on'), roll('off')]);

row('', 'nestjs-graceful', 'plain Nest');
compare('GET /orders/export, under way', (outcome) => outcome.export);
compare('parcels, acknowledged when packed', ({ messages }) => messages);
compare('  lost', ({ parcelsLost }) => parcelsLost);
compare('  begun twice', ({ parcelsBegunTwice }) => parcelsBegunTwice);
compare('  packed twice', ({ parcelsPackedTwice }) => parcelsPackedTwice);
compare('mails, with the default noAck', ({ messages }) => messages);
compare('  lost', ({ mailsLost }) => mailsLost);
compare('  sent twice', ({ mailsSentTwice }) => mailsSentTwice);
compare('the old app ended', ({ end, seconds }) => `${end}, ${seconds.toFixed(1)} s`);

console.log(`\nThe old app's report:\n\n${graceful.report}`);
if (process.argv.includes('--json')) console.log(JSON.stringify({ graceful, plain }));
process.exitCode = graceful.parcelsLost + graceful.mailsLost > 0 ? 1 : 0;

function compare(what: string, of: (outcome: Outcome) => string | number): void {
  row(what, String(of(graceful)), String(of(plain)));
}

function row(what: string, left: string, right: string): void {
  console.log(`${what.padEnd(36)}${left.padEnd(18)}${right}`.trimEnd());
}
