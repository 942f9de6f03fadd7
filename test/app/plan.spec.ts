import { Injectable, Module } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import {
  OnAnnounce,
  OnFlush,
  OnShutdown,
  ShutdownPhase,
  type GracefulOptions,
} from '../../lib/index.js';
import { TeardownApp } from '../support/teardown-app.js';

@Injectable()
class Pool {
  onApplicationShutdown(): void {}
}

@Module({ providers: [Pool], exports: [Pool] })
class PoolModule {}

@Injectable()
class Orders {
  constructor(readonly pool: Pool) {}
  @OnFlush({ name: 'send the outbox', timeoutMs: 1_500, critical: true })
  send(): void {}
  onApplicationShutdown(): void {}
}

@Injectable()
@ShutdownPhase('announce')
class Registry {
  beforeApplicationShutdown(): void {}
  @OnAnnounce()
  leave(): void {}
}

@Injectable()
class Worker {
  constructor(readonly discovery: DiscoveryService) {}
  onApplicationShutdown(): void {}
}

@Module({ imports: [DiscoveryModule], providers: [Worker] })
class WorkerModule {}

const frozen = { provide: 'FROZEN', useValue: Object.freeze({ onModuleDestroy: () => undefined }) };

const options: GracefulOptions = {
  platform: 'kubernetes',
  gracePeriodMs: 30_000,
  terminationLog: false,
  phases: [
    { name: 'audit', after: ['drain'], timeoutMs: 2_000, onTimeout: 'abort' },
    { name: 'remove files', after: ['close'], timeoutMs: 500 },
  ],
};

function start(more: GracefulOptions = {}): Promise<TeardownApp> {
  return TeardownApp.start({
    options: { ...options, ...more },
    imports: [WorkerModule, PoolModule],
    providers: [Orders, Registry, frozen],
  });
}

/** Line numbers of this file are those of what it was compiled to. */
function withoutLines(text: string): string {
  return text.replaceAll(/plan\.spec\.ts:\d+/g, 'plan.spec.ts');
}

describe('Graceful.plan()', () => {
  it('is plain data', async () => {
    const app = await start();
    const plan = app.graceful.plan();
    const data = JSON.parse(withoutLines(JSON.stringify(plan))) as typeof plan;
    await app.close();

    expect(data).toMatchObject({
      version: 1,
      gracePeriodMs: 30_000,
      leftToNest: ['FROZEN.onModuleDestroy'],
    });
    expect(Object.keys(data).toSorted()).toEqual(
      ['version', 'gracePeriodMs', 'criticalPath', 'phases', 'leftToNest'].toSorted(),
    );
    const phase = (name: string) => data.phases.find((one) => one.name === name);
    expect(phase('flush')).toEqual({
      name: 'flush',
      after: ['drain'],
      taskTimeoutMs: 2_000,
      reserveMs: 2_000,
      onTimeout: 'continue',
      tasks: [
        {
          name: 'send the outbox',
          site: 'RootTestModule, test/app/plan.spec.ts',
          timeoutMs: 1_500,
          critical: true,
          after: [],
        },
      ],
    });
    expect(phase('drain')).not.toHaveProperty('timeoutMs'); // what the others leave
    expect(phase('audit')).toMatchObject({ onTimeout: 'abort', tasks: [] });
    expect(phase('close')?.tasks.map(({ name, after }) => [name, after])).toEqual([
      ['servers and gateways', []],
      ['what is left to Nest', []],
      ['Worker.onApplicationShutdown', []],
      ['Orders.onApplicationShutdown', ['Worker.onApplicationShutdown']],
      ['Pool.onApplicationShutdown', ['Orders.onApplicationShutdown']],
    ]);
  });

  it('says on the longest way how much of the grace period is needed', async () => {
    const app = await start();
    const { criticalPath } = app.graceful.plan();
    await app.close();
    // announce 2000, propagate 10000, drain 250 for the last answers, audit 2000 as flush, close 3000, files 500, margin 1000
    expect(criticalPath.ms).toBe(18_750);
    expect(criticalPath.phases).toHaveLength(6);
    expect(criticalPath.phases.at(-1)).toBe('remove files');
  });

  it('has every task before those that wait for it', async () => {
    const app = await start();
    const tasks = app.graceful.plan().phases.flatMap((phase) => phase.tasks);
    await app.close();
    const names = tasks.map(({ name }) => name);
    for (const { name, after } of tasks) {
      for (const earlier of after) expect(names.indexOf(earlier)).toBeLessThan(names.indexOf(name));
    }
  });

  it('is what happens', async () => {
    const app = await start();
    const planned = app.graceful.plan();
    await app.close();
    for (const { name, tasks } of planned.phases) {
      const reported = app.report.phases.find((phase) => phase.name === name)?.tasks ?? [];
      const run = reported.filter(({ outcome }) => outcome !== 'left-to-nest');
      if (name === 'propagate') continue; // no load balancer is waited for by app.close()
      expect(run.map((task) => task.name).toSorted()).toEqual(tasks.map((t) => t.name).toSorted());
    }
  });

  it('has the phases only, before bootstrap is over', async () => {
    const app = await TeardownApp.create({ options, providers: [Pool] });
    const { phases, leftToNest } = app.graceful.plan();
    await app.close();
    expect(phases.map(({ name }) => name)).toEqual([
      ...['announce', 'propagate', 'drain', 'flush', 'audit', 'close', 'remove files'],
    ]);
    expect(phases.flatMap(({ tasks }) => tasks)).toEqual([]);
    expect(leftToNest).toEqual([]);
  });

  it('draws a tree', async () => {
    const app = await start();
    const drawing = withoutLines(String(app.graceful.plan()));
    await app.close();
    expect(`\n${drawing}\n`).toBe(TREE);
  });

  it('draws a flowchart', async () => {
    const app = await start();
    const drawing = app.graceful.plan().toMermaid();
    await app.close();
    expect(`\n${drawing}\n`).toBe(FLOWCHART);
  });

  it('draws arrows between tasks of one name, and between phases side by side', async () => {
    const first = { provide: 'FIRST', inject: ['SECOND'], useFactory: () => new Pool() };
    const second = { provide: 'SECOND', useFactory: () => new Pool() };
    @Injectable()
    class Late {
      @OnFlush({ name: 'a "quoted" name' })
      push(): void {}
      @OnShutdown('audit', { after: ['a "quoted" name'] })
      end(): void {}
    }
    const app = await TeardownApp.start({ options, providers: [first, second, Late] });
    const lines = app.graceful.plan().toMermaid().split('\n');
    await app.close();
    const idsOf = (label: string) =>
      lines.filter((line) => line.endsWith(`["${label}"]`)).map((line) => /t\d+/.exec(line)?.[0]);

    const pools = idsOf('Pool.onApplicationShutdown');
    expect(pools).toHaveLength(2);
    expect(lines).toContain(`    ${pools[0]} --> ${pools[1]}`);
    const [earlier, later] = [...idsOf('a #quot;quoted#quot; name'), ...idsOf('Late@end')];
    expect(lines).toContain(`  ${earlier} --> ${later}`);
  });
});

describe('logPlan', () => {
  it('prints the plan when the application is ready', async () => {
    const app = await start({ logPlan: true });
    const plan = String(app.graceful.plan());
    await app.close();
    expect(app.log.lines).toContain(`Shutdown plan [shutdown-plan]\n${plan}`);
    expect(plan).toContain('Pool.onApplicationShutdown');
  });

  it('is off by default', async () => {
    const app = await start();
    await app.close();
    expect(app.log.lines.filter((line) => line.includes('Shutdown plan'))).toEqual([]);
  });
});

const TREE = `
30 s of grace, at least 18.8 s needed (announce > propagate > drain > flush > close > remove files)
announce  at most 2 s
├ readiness
├ Registry.beforeApplicationShutdown  (RootTestModule, test/app/plan.spec.ts)
└ Registry@leave  (RootTestModule, test/app/plan.spec.ts)
propagate  at most 10 s
└ load balancers
drain  what is left
├ http
└ tracked work
flush  what is left, 2 s reserved, 2 s for each task
└ send the outbox  (at most 1.5 s; critical; RootTestModule, test/app/plan.spec.ts)
audit  at most 2 s, 2 s reserved, after drain, aborts when over time
close  what is left, 3 s reserved, after flush and audit
├ servers and gateways  (Nest)
├ what is left to Nest  (Nest)
├ Worker.onApplicationShutdown  (WorkerModule)
├ Orders.onApplicationShutdown  (after Worker.onApplicationShutdown; RootTestModule)
└ Pool.onApplicationShutdown  (after Orders.onApplicationShutdown; PoolModule)
remove files  at most 500 ms, 500 ms reserved
left to Nest: FROZEN.onModuleDestroy
`;

const FLOWCHART = `
flowchart LR
  subgraph p0["announce"]
    t0["readiness"]
    t1["Registry.beforeApplicationShutdown"]
    t2["Registry@leave"]
  end
  subgraph p1["propagate"]
    t3["load balancers"]
  end
  subgraph p2["drain"]
    t4["http"]
    t5["tracked work"]
  end
  subgraph p3["flush"]
    t6["send the outbox"]
  end
  subgraph p4["audit"]
    e4[" "]
  end
  subgraph p5["close"]
    t7["servers and gateways"]
    t8["what is left to Nest"]
    t9["Worker.onApplicationShutdown"]
    t10["Orders.onApplicationShutdown"]
    t11["Pool.onApplicationShutdown"]
    t9 --> t10
    t10 --> t11
  end
  subgraph p6["remove files"]
    e6[" "]
  end
  p0 --> p1
  p1 --> p2
  p2 --> p3
  p2 --> p4
  p3 --> p5
  p4 --> p5
  p5 --> p6
`;
