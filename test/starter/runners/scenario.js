import { stageShutdown } from 'nestjs-graceful/testing';
import { AppModule } from './app.module.js';

/** Half a minute on Kubernetes: an order is open until the drain is nearly over. What it took is printed. */
export async function halfAMinute(runner) {
  const stage = await stageShutdown(AppModule, {
    platform: 'kubernetes',
    env: { GRACEFUL_GRACE_PERIOD_MS: '40000' },
  });
  const order = stage.hold('order');
  const answer = stage.request('/orders/7', { heldBy: order });
  const begun = process.hrtime.bigint();
  stage.sigterm();
  await stage.reach('drain');
  await stage.advance(25_000);
  order.release();
  const outcome = await stage.over();
  const realMs = Number(process.hrtime.bigint() - begun) / 1e6;
  const { body } = await answer;
  outcome.expectExitCode(0).expectNothingLost().expectNothingClosedUnderWork();
  console.log(`staged ${JSON.stringify({ runner, body, virtualMs: outcome.elapsedMs, realMs })}`);
  return outcome;
}
