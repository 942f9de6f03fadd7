import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { filesOf, partsOf, PROJECTS } from '../support/parts.mjs';

const hasCells = (file: string) =>
  /^import .* from '.*\/support\/cells\.js'/m.test(readFileSync(file, 'utf8'));

describe.each(PROJECTS)('of the project $displayName', (project) => {
  const { first, rest } = partsOf(project);

  it('each file is run by npm test or by npm run test:all', () => {
    expect(new Set([...first, ...rest])).toEqual(new Set(project.testMatch.flatMap(filesOf)));
  });

  it('no file is run by both but those that have cells, which are', () => {
    const both = first.filter((file) => rest.includes(file));
    expect(both).toEqual(rest.filter((file) => hasCells(file)));
  });
});

it('npm test has a cell of the grids of process tests, and the contract of each service', () => {
  const first = PROJECTS.flatMap((project) => partsOf(project).first);
  for (const path of ['process/signals.spec', 'process/close.spec', 'services/contract/queues']) {
    expect(first.filter((file) => file.replaceAll('\\', '/').includes(path))).toHaveLength(1);
  }
});
