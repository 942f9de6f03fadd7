import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');
const samples = readdirSync(join(root, 'sample')).filter((name) => /^\d\d-/.test(name));

describe.each(samples)('sample/%s', (name) => {
  it('is a project of the Nest CLI', () => {
    const { projects } = JSON.parse(textOf('nest-cli.json')) as { projects: object };
    expect(Object.keys(projects)).toContain(name);
  });

  it('is in the README, with the command that runs it', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    const [command] = Object.entries(scripts).find(([, text]) => text.includes(name)) ?? [];
    expect(textOf('README.md')).toMatch(new RegExp(`\\(sample/${name}\\).*\`npm run ${command}\``));
  });

  it('has its types checked', () => {
    const configs = [textOf('tsconfig.json'), textOf('sample/tsconfig.json')];
    expect(
      configs.filter((text) => text.includes(`${name}/src"`) || text.includes(`/${name}"`)),
    ).toHaveLength(1);
  });
});
