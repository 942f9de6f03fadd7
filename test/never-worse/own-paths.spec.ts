import { afterEach, describe, expect, it } from '@jest/globals';
import { ask } from '../support/ask.js';
import { ARMS, CELLS, startArm } from '../support/pair.js';
import { killStarted } from '../support/started-program.js';

afterEach(killStarted);

describe.each(CELLS)('on Nest $nestMajor, $platform', (cell) => {
  it('a path that the application answers is answered by it, as on plain Nest', async () => {
    const of = async (arm: (typeof ARMS)[number], page: boolean) => {
      const program = startArm(cell, arm, 'own-paths', { page });
      const port = (await program.event('listening'))['port'] as number;
      const paths = ['/health/live', '/health/ready', '/health/startup'];
      const answers = await Promise.all(paths.map((path) => ask({ port, path })));
      program.kill();
      return { answers, log: program.log.join('\n') };
    };
    const [plainRoutes, routes, plainPage, page] = await Promise.all(
      [false, true].flatMap((isPage) => ARMS.map((arm) => of(arm, isPage))),
    );

    expect(plainRoutes.answers).toEqual(['{"mine":"live"}', '{"mine":"ready"}', 'by middleware']);
    expect(routes.answers).toEqual(plainRoutes.answers);
    expect(plainPage.answers).toEqual(['the page', 'the page', 'by middleware']);
    expect(page.answers).toEqual(plainPage.answers);
    for (const { log } of [routes, page]) {
      expect(log).toMatch(/WARN.*GET \/health\/ready meets the application's route/);
    }
  });
});
