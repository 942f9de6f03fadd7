import { describe, expect, it } from '@jest/globals';
import type { PlanData } from '../../lib/report/plan-data.js';
import { cells } from '../support/cells.js';
import { runCommand } from '../support/command.js';
import { schemaErrors } from '../support/schemas.js';

describe.each(cells([12, 11] as const))('nestjs-graceful plan, on Nest %i', (major) => {
  const planOf = async (...args: string[]) => {
    const { code, out, err } = await runCommand(major, 'plan', ...args, '--json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const plan = JSON.parse(out) as PlanData;
    expect(schemaErrors(plan)).toEqual([]);
    return plan;
  };
  const tasksOf = (plan: PlanData) =>
    plan.phases.flatMap(({ tasks }) => tasks.map(({ name }) => name));

  it.each([
    ['an ES module', 'programs/command/plain.js'],
    ['CommonJS, with a root module that is dynamic and promised', 'programs/command/required.cjs'],
  ])('makes that of an application without the module: %s', async (_kind, file) => {
    const plan = await planOf(file);
    expect(tasksOf(plan)).toContain('Store.onModuleDestroy');
    expect(plan).toMatchObject({
      complete: false,
      given: { platform: false, gracePeriodMs: false },
      servers: [{ port: 3_000, keepAliveTimeoutMs: 5_000 }],
    });
  });

  it('says what was constructed, and that the module was added', async () => {
    const { code, out } = await runCommand(major, 'plan', 'programs/command/plain.js');
    expect(code).toBe(0);
    expect(out).toContain('├ Store.onModuleDestroy  (AppModule)');
    expect(out).toContain('server      HTTP/1.1, port 3000, keeps idle connections for 5 s');
    expect(out).toContain('Constructed 2 providers, of 1 module. Init hooks were not run');
    expect(out).toContain('does not have GracefulModule');
  });

  it('makes that of a context with the module, as far as the init hooks', async () => {
    const before = await planOf('programs/command/context.js');
    const after = await planOf('programs/command/context.js', '--init');
    expect(before).toMatchObject({ complete: false, platform: 'nomad', probes: { port: 0 } });
    expect(tasksOf(before)).not.toContain('Consumer.onApplicationShutdown');
    expect(after).toMatchObject({ complete: true, bootMs: expect.any(Number) });
    expect(before).not.toHaveProperty('bootMs');
    expect(tasksOf(after)).toContain('Consumer.onApplicationShutdown');
  });

  it('draws a flowchart', async () => {
    const { out } = await runCommand(major, 'plan', 'programs/command/plain.js', '--mermaid');
    expect(out).toMatch(/^flowchart LR\n/);
    expect(out).toContain('["Store.onModuleDestroy"]');
  });

  it('names the provider that needs a server which refuses', async () => {
    const file = 'programs/command/needs-a-server.js';
    const { code, out, err } = await runCommand(major, 'plan', file, '--', 'refused');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('the provider DATABASE (DatabaseModule) could not be made');
    expect(err).toContain('ECONNREFUSED');
  });

  it('names the provider that waits for a server for ever', async () => {
    const file = 'programs/command/needs-a-server.js';
    const { code, err } = await runCommand(major, 'plan', file, '--timeout', '8');
    expect(code).toBe(2);
    expect(err).toContain('the provider DATABASE (DatabaseModule) could not be made');
    expect(err).toContain('longer than 8 s');
  });

  it('says that there is a Nest which it can not see', async () => {
    const { code, err } = await runCommand(major, 'plan', 'programs/command/no-nest.js');
    expect(code).toBe(2);
    expect(err).toContain('leave @nestjs/* out of it');
  });

  it.each([
    [['programs/nothing.js'], 'programs/nothing.js'],
    [['a', 'b'], 'one entry at most'],
    [['--json', '--mermaid', 'x'], 'exclude each other'],
    [['--timeout', 'soon', 'programs/command/plain.js'], "got 'soon'"],
    [['--jsn'], '--jsn'],
  ])('refuses %j', async (args, said) => {
    const { code, err } = await runCommand(major, 'plan', ...args);
    expect(code).toBe(2);
    expect(err).toContain(said);
  });
});
