// Writes the tables of README.md from the raw output in results/, so that no figure is ever typed.
//
//   node bench/report.mjs             writes
//   node bench/report.mjs --check     fails when README.md is not what it would write
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { at } from '../test/support/prepare/folders.mjs';
import { load } from './support/results.mjs';
import { summarizeAny } from './summaries/index.mjs';

const path = at('bench/README.md');
const before = readFileSync(path, 'utf8');
const names = readdirSync(at('bench/results')).map((file) => file.replace(/\.json$/, ''));
const after = names.reduce((text, name) => fill(text, name, section(load(name))), before);

if (!process.argv.includes('--check')) writeFileSync(path, after);
else if (after !== before) {
  console.error(
    'The tables of bench/README.md are not those of bench/results: node bench/report.mjs',
  );
  process.exitCode = 1;
}

function section(result) {
  const { machine, versions, date, commit } = result;
  const others = Object.entries(versions)
    .filter(([name]) => name !== 'node')
    .map(([name, version]) => `${name} ${version}`);
  return [
    summarizeAny(result),
    '',
    `${date.slice(0, 10)}, commit ${commit}, Node ${versions.node}, ${machine.cores} cores of ${machine.cpu}, ` +
      `load average before ${machine.loadAverageBefore}; ${others.join(', ')}.`,
  ].join('\n');
}

function fill(text, name, content) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = text.indexOf(start);
  const to = text.indexOf(end);
  if (from === -1 || to === -1)
    throw new Error(`README.md has no place for ${name}: ${start} … ${end}`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}
