// Runs in the folder of an application, against a copy of the package in which a fault may be planted. Each check is one
// that users write; the last are controls: they give the kit an application that does wrong, and it has to say so.
// Prints the names of the checks that have failed.
import { Module } from '@nestjs/common';
import { ShutdownPhase } from 'nestjs-graceful';
import { stageShutdown } from 'nestjs-graceful/testing';
import { AppModule, Metrics } from './app.module.js';

const failed = [];
const stages = [];

async function check(name, run) {
  try {
    await run();
  } catch (error) {
    failed.push(name);
    if (process.env.PLANTED_SAY) console.error(name, error);
  }
}

/** What must throw. */
function throws(run) {
  try {
    run();
  } catch {
    return;
  }
  throw new Error('it does not throw');
}

const equal = (actual, expected) => {
  if (actual !== expected) throw new Error(`expected ${expected}, got ${actual}`);
};

async function staged(subject = AppModule) {
  const stage = await stageShutdown(subject, { platform: 'kubernetes', patienceMs: 300 });
  stages.push(stage);
  return stage;
}

/** With a provider more, without the syntax of decorators. */
function withProvider(provider) {
  const Root = function Root() {};
  Module({ imports: [AppModule], providers: [provider] })(Root);
  return Root;
}

await check('rollout', async () => {
  const stage = await staged();
  const order = stage.hold('order');
  const kept = stage.request('/orders/1', { heldBy: order });
  await check('in-flight', async () => {
    await stage.advance(0);
    equal(stage.inFlight.join(), 'GET /orders/:id');
  });
  stage.sigterm();
  const early = await stage.request('/orders/2');
  await check('says-close', () => equal(early.headers.connection, 'close'));
  await check('not-ready', async () =>
    equal((await stage.request('/health/ready', { fresh: true })).status, 503),
  );
  await check('alive', async () =>
    equal((await stage.request('/health/live', { fresh: true })).status, 200),
  );
  await check('serves-late', async () => {
    await stage.advance(4_000);
    equal((await stage.request('/orders/3', { fresh: true })).status, 200);
  });
  await check('waits-for-quiet', async () => {
    await stage.advance(1_800);
    equal((await stage.request('/orders/4', { fresh: true })).status, 200);
  });
  await stage.reach('drain');
  await check('stops-there', () =>
    equal(stage.elapsedMs < 10_001 && stage.state === 'draining', true),
  );
  await stage.advance(5_000);
  await check('drain-waits', () => equal(stage.state, 'draining'));
  order.release();
  const outcome = await stage.over();
  await check('answered', async () => equal((await kept).body, 'order 1'));
  await check('lost', () => outcome.expectNothingLost());
  await check('exit-0', () => outcome.expectExitCode(0));
  await check('order', () => outcome.expectOrder('Metrics@push', 'Database.onApplicationShutdown'));
  await check('under-work', () => outcome.expectNothingClosedUnderWork());
  await check('within', () => outcome.expectWithin(30_000));
  await check('left', () => outcome.expectNothingLeft());
});

await check('hangs', async () => {
  const stage = await staged();
  stage.app.get(Metrics).send = () => stage.hold('Metrics@push').released;
  const request = stage.request('/orders/4711', { heldBy: stage.hold('order') });
  await stage.advance(0);
  stage.sigterm();
  const outcome = await stage.over();
  await check('refused', async () => equal((await request).status, 503));
  await check('exit-1', () => outcome.expectExitCode(1));
  await check('named', () => equal(outcome.report.unfinished[0]?.name, 'GET /orders/:id'));
  await check('hangs-within', () => outcome.expectWithin(30_000));
  await check('hangs-not-early', () => throws(() => outcome.expectWithin(10_000)));
  await check('secret', () => outcome.expectNoSecrets('4711'));
  await check('sees-lost', () => throws(() => outcome.expectNothingLost()));
  await check('sees-forced', () => throws(() => outcome.expectClean()));
  await check('sees-exit', () => throws(() => outcome.expectExitCode(0)));
});

await check('controls', async () => {
  class Hasty {
    onModuleDestroy() {}
  }
  ShutdownPhase('announce')(Hasty);
  const stage = await staged(withProvider(Hasty));
  const order = stage.hold('order');
  void stage.request('/orders/1', { heldBy: order }).catch(() => undefined);
  await stage.advance(0);
  const interval = setInterval(() => undefined, 60_000);
  stage.sigterm();
  await stage.reach('drain');
  order.release();
  const outcome = await stage.over();
  clearInterval(interval);
  await check('sees-under-work', () => throws(() => outcome.expectNothingClosedUnderWork()));
  await check('sees-left', () => throws(() => outcome.expectNothingLeft()));
  await check('sees-order', () =>
    throws(() => outcome.expectOrder('Database.onApplicationShutdown', 'Hasty.onModuleDestroy')),
  );
  await check('sees-secret', () => throws(() => outcome.expectNoSecrets('Hasty')));
});

await check('sees-hanging', async () => {
  const stage = await staged();
  stage.app.get(Metrics).send = () => new Promise(() => undefined);
  stage.sigterm();
  const why = await stage.over().then(
    () => 'it is over',
    (error) => error.message,
  );
  equal(why.startsWith('Metrics@push: not over after 300 ms'), true);
});

console.log(`planted ${JSON.stringify(failed)}`);
process.exit(0);
