import { describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

type Row = { readonly may: readonly string[]; readonly byType: readonly string[] };
type Group = Readonly<Record<string, Row>>;

const root = fileURLToPath(new URL('../..', import.meta.url));
const { groups, rooms } = createRequire(import.meta.url)(join(root, '.rooms.cjs')) as {
  readonly groups: Readonly<Record<string, Group>>;
  readonly rooms: Group;
};

/** Who imports whom in `lib`, as `http/http-source.ts → time/waits.ts`. */
const imports = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => {
    const source = readFileSync(join(root, 'lib', file), 'utf8');
    return [...source.matchAll(/\bfrom '(\.[^']+)\.js'/g)].map(([, path = '']) => {
      return { from: file, to: normalize(join(dirname(file), path)) };
    });
  });

const roomOf = (file: string) => (file.includes('/') ? file.slice(0, file.indexOf('/')) : '');
const groupOf = (room: string) =>
  Object.entries(groups).find(([, group]) => Object.hasOwn(group, room))?.[0];

/** The picture of ARCHITECTURE.md: the rooms of each group, and which group imports which. */
function picture(): string {
  const boxes = Object.entries(groups).flatMap(([name, group]) => [
    `  subgraph ${name}`,
    `    ${name}-rooms["${Object.keys(group).join('<br/>')}"]`,
    '  end',
  ]);
  const arrows = new Set<string>();
  for (const { from, to } of imports) {
    const [importing, imported] = [groupOf(roomOf(from)), groupOf(roomOf(to))];
    if (importing && imported && importing !== imported) arrows.add(`${importing} --> ${imported}`);
  }
  return [
    '```mermaid',
    'flowchart TD',
    ...boxes,
    ...[...arrows].sort().map((arrow) => `  ${arrow}`),
    '```',
  ].join('\n');
}

describe('ARCHITECTURE.md', () => {
  it('has the picture that the imports draw', () => {
    expect(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')).toContain(picture());
  });

  it('names only files that are there', () => {
    const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
    const named = [...text.matchAll(/`((?:lib|test|bench)\/[\w./-]+|\.[\w.-]+\.cjs)`/g)].map(
      ([, file = '']) => file,
    );
    const missing = named.filter((file) => {
      try {
        return file.endsWith('/')
          ? readdirSync(join(root, file)).length === 0
          : readFileSync(join(root, file)).length === 0;
      } catch {
        return true;
      }
    });
    expect(named.length).toBeGreaterThan(20);
    expect(missing).toEqual([]);
  });
});

describe('the rows of .rooms.cjs', () => {
  it('are those of the folders there are', () => {
    const folders = new Set(imports.map(({ from }) => roomOf(from)).filter((room) => room !== ''));
    expect([...folders].filter((folder) => !Object.hasOwn(rooms, folder))).toEqual([]);
  });

  // An arrow that nobody needs any more would let the next one in.
  it.each(Object.entries(rooms))('%s uses each import it may make', (room, { may, byType }) => {
    const used = imports.filter(({ from }) => roomOf(from) === room).map(({ to }) => to);
    const idle = [...may, ...byType].filter(
      (place) =>
        !used.some((file) => (place.endsWith('/') ? file.startsWith(place) : file === place)),
    );
    expect(idle).toEqual([]);
  });

  it('leave five files at the root', () => {
    const files = readdirSync(join(root, 'lib')).filter((file) => file.endsWith('.ts'));
    expect(files.sort()).toEqual([
      'graceful.module-definition.ts',
      'graceful.module.ts',
      'graceful.ts',
      'index.ts',
      'tokens.ts',
    ]);
  });

  it('let no file of lib grow over 300 lines', () => {
    const files = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' });
    const long = files
      .filter((file) => file.endsWith('.ts'))
      .filter((file) => readFileSync(join(root, 'lib', file), 'utf8').split('\n').length > 301);
    expect(long).toEqual([]);
  });
});
