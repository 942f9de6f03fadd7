import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import { at } from '../../test/support/prepare/folders.mjs';

const CONTENDERS = 'bench/.cache/contenders/node_modules';

/** Where and with what a benchmark runs. Call it before the first measurement: it notes how busy the machine is. */
export function circumstances(options) {
  const version = (path) => JSON.parse(readFileSync(at(`${path}/package.json`), 'utf8')).version;
  return {
    date: new Date().toISOString(),
    commit: commit(),
    options,
    machine: {
      cpu: cpus()[0]?.model.trim(),
      cores: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      system: `${type()} ${release()}`,
      loadAverageBefore: Number(loadavg()[0].toFixed(2)),
    },
    versions: {
      node: process.versions.node,
      '@nestjs/core': version('node_modules/@nestjs/core'),
      '@nestjs/platform-express': version('node_modules/@nestjs/platform-express'),
      '@nestjs/platform-fastify': version('node_modules/@nestjs/platform-fastify'),
      '@nestjs/terminus': version('node_modules/@nestjs/terminus'),
      'nestjs-graceful': version('.'),
      'nestjs-graceful-shutdown': version(`${CONTENDERS}/nestjs-graceful-shutdown`),
      'http-terminator': version(`${CONTENDERS}/http-terminator`),
    },
  };
}

/** Writes bench/results/<name>.json: the raw output, from which every figure is computed. */
export function save(name, result) {
  mkdirSync(at('bench/results'), { recursive: true });
  writeFileSync(at(`bench/results/${name}.json`), stringify(result));
}

export function load(name) {
  const path = at(`bench/results/${name}.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

/** One run on a line, so that a change in the results can be read. */
function stringify({ runs, ...rest }) {
  const rounded = (_, value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(6)) : value;
  const head = JSON.stringify(rest, rounded, 2).replace(/\n}$/, '');
  const lines = runs.map((run) => `    ${JSON.stringify(run, rounded)}`);
  return `${head},\n  "runs": [\n${lines.join(',\n')}\n  ]\n}\n`;
}

function commit() {
  const git = (...args) => execFileSync('git', args, { cwd: at('.'), encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain', '--', 'lib') !== '';
    return git('rev-parse', '--short', 'HEAD') + (changed ? ' and changes in lib' : '');
  } catch {
    return 'unknown';
  }
}
