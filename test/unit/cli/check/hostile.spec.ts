import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { checkFiles, rulesOf } from './check-text.js';
import { DEPLOYMENT, documents, SERVICE } from './kubernetes-objects.js';
import { PLANTED } from './planted.js';

const fine = documents(DEPLOYMENT, SERVICE);

/** A document that can't be read, with its line counted within the document. */
const BROKEN: ReadonlyArray<readonly [what: string, text: string, line: number]> = [
  ['a tab for an indent', 'kind: Deployment\nspec:\n\treplicas: 1\n', 3],
  ['a bracket that is never closed', 'kind: Deployment\nspec: [1, 2\n', 2],
  ['a wrong indent', 'kind: Deployment\nspec:\n    a: 1\n  b: 2\n', 4],
  ['a text that is never closed', 'kind: Deployment\nname: "orders\n', 2],
  ['brackets without an end', `kind: Deployment\nspec: ${'['.repeat(50_000)}\n`, 2],
];

describe('a document that is broken', () => {
  it.each(BROKEN)('%s is named with its line, and the others are checked', (_what, text, line) => {
    const found = checkFiles({ 'orders.yaml': `${text}---\n${fine}`, 'other.yaml': fine });
    expect(found.unreadable).toHaveLength(1);
    expect(Math.abs((found.unreadable[0]?.place.line ?? 0) - line)).toBeLessThanOrEqual(1);
    expect(found.counts.checked).toBe(2);
  });
});

describe('a file that wants to explode', () => {
  it('has as many values as it has letters, however often aliases repeat them', () => {
    const levels = Array.from(
      { length: 30 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(9)}]`,
    );
    const text = `kind: Deployment\napiVersion: apps/v1\nl0: &l0 lol\n${levels.join('\n')}\nspec: { template: { spec: { containers: *l30 } } }\n`;
    expect(checkFiles({ 'bomb.yaml': text }).unreadable).toEqual([]);
  });

  it('may have a circle of aliases, and maps that merge themselves', () => {
    const text =
      'kind: Deployment\napiVersion: apps/v1\nspec: &spec\n  <<: *spec\n  template: { spec: *spec }\n';
    expect(() => checkFiles({ 'circle.yaml': text })).not.toThrow();
  });

  it('may be a hundred thousand lines of one list', () => {
    const text = `kind: List\napiVersion: v1\nitems:\n${'- {}\n'.repeat(20_000)}`;
    expect(checkFiles({ 'long.yaml': text }).findings).toEqual([]);
  });
});

describe('a file that takes long', () => {
  // Each took minutes, or gigabytes, of a reader that is not careful that copies what it has for each line.
  it.each([
    ['brackets over two hundred thousand lines', 'a.yaml', `kind: X\n${'a: [\n'.repeat(200_000)}`],
    [
      'a hundred thousand continued lines',
      'Dockerfile',
      `FROM node:24\nRUN a \\\n${'b \\\n'.repeat(100_000)}`,
    ],
    [
      'a list in a list in a list',
      'ecosystem.config.js',
      `module.exports = ${'['.repeat(100_000)}`,
    ],
    ['a map in a map in a map', 'a.json', '{"a":'.repeat(100_000)],
    [
      'a key below a key below a key',
      'b.yaml',
      `kind: X\n${Array.from({ length: 3_000 }, (_, depth) => `${' '.repeat(depth + 1)}a:`).join('\n')}`,
    ],
  ])('%s', (_what, name, text) => {
    const { unreadable } = checkFiles({ [name]: text });
    expect(unreadable.filter(({ message }) => message.includes('call stack'))).toEqual([]);
  });
});

describe('what looks strange and is fine', () => {
  it.each([
    ['a carriage return at each line', fine.replaceAll('\n', '\r\n')],
    ['empty documents', `---\n---\n# nothing\n---\n${fine}---\n`],
    ['an end of a document', `${fine}...\n---\n# the end\n`],
    [
      'braces in a quoted text',
      fine.replace("command: ['node', 'dist/main.js']", "args: ['sed s/{{ID}}/1/']"),
    ],
    ['a comment with braces', `# {{ a comment }}\n${fine}`],
  ])('%s', (_what, text) => {
    const found = checkFiles({ 'orders.yaml': text });
    expect({ rules: rulesOf(found), unreadable: found.unreadable }).toEqual({
      rules: ['pdb/missing'],
      unreadable: [],
    });
  });
});

describe('whatever is done to a file', () => {
  const files = [
    ...PLANTED.flatMap(
      ({ file, wrong, right }) =>
        [
          [file, wrong],
          [file, right],
        ] as const,
    ),
  ];

  it('comes to findings or to an error with a line, and never to an exception', () => {
    const damage = fc.record({
      file: fc.constantFrom(...files),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      out: fc.nat(30),
      put: fc.oneof(
        fc.constantFrom(
          '{{ x }}',
          '\t',
          '"',
          "'",
          '[',
          '}',
          ': ',
          '- ',
          '\n',
          '\r\n',
          '---\n',
          '&a ',
          '*a ',
          '<<: *a',
          'null',
          '~',
          '!!map ',
          '|',
          '>',
          '#',
          '\\',
          '${X}',
          '\u0000',
          '\uFEFF',
          '060',
          '1e999',
          'true',
        ),
        fc.string({ maxLength: 12 }),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (damages) => {
        const [[name, text]] = damages.map(({ file }) => file);
        let broken: string = text;
        for (const { at, out, put } of damages) {
          const from = Math.floor(at * broken.length);
          broken = broken.slice(0, from) + put + broken.slice(from + out);
        }
        const found = checkFiles({ [name]: broken });
        const lines = broken.split('\n').length;
        for (const { place } of [...found.findings, ...found.unreadable]) {
          expect(place.file).toBe(name);
          expect(place.line).toBeGreaterThanOrEqual(1);
          expect(place.line).toBeLessThanOrEqual(lines);
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('is as true of a value of the wrong kind at any key', () => {
    const values = ['[]', '{ a: [] }', '-1', 'null', '[{}]', '"30s"'];
    const seen = new Set<string>();
    const whole = new Map(PLANTED.map(({ file, right }) => [right, file] as const));
    for (const [text, name] of [...whole].filter(([, file]) => /\.ya?ml$/.test(file))) {
      for (const line of text.split('\n').filter((one) => /^\s*(?:- )?\w+:/.test(one))) {
        if (seen.has(`${name} ${line}`)) continue; // the same line of another variant
        seen.add(`${name} ${line}`);
        for (const value of values) {
          const changed = text.replace(line, line.replace(/:.*$/, `: ${value}`));
          expect(() => checkFiles({ [name]: changed })).not.toThrow();
        }
      }
    }
  });
});
