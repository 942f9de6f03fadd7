import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  TERMINATION_MESSAGE_MAX_BYTES,
  writeTerminationLog,
} from '../../../lib/process/termination-log.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nestjs-graceful-'));
  path = join(folder, 'termination-log');
  writeFileSync(path, '');
});
afterEach(() => rmSync(folder, { recursive: true }));

const written = () => readFileSync(path, 'utf8');

describe('the termination log', () => {
  it('holds the text', () => {
    writeTerminationLog(path, '{"outcome":"clean"}');
    expect(written()).toBe('{"outcome":"clean"}');
  });

  it('holds the last text only, also when that is shorter', () => {
    writeTerminationLog(path, 'a long first text');
    writeTerminationLog(path, 'short');
    expect(written()).toBe('short');
  });

  it('holds no more than Kubernetes reads', () => {
    writeTerminationLog(path, 'x'.repeat(10_000));
    expect(written()).toBe('x'.repeat(TERMINATION_MESSAGE_MAX_BYTES));
    writeTerminationLog(path, 'x'.repeat(TERMINATION_MESSAGE_MAX_BYTES));
    expect(written()).toHaveLength(TERMINATION_MESSAGE_MAX_BYTES);
  });

  it.each([
    [4, 'aé😀', 'aé'],
    [6, 'aé😀', 'aé'],
    [7, 'aé😀', 'aé😀'],
    [2, 'aé😀', 'a'],
    [2, '😀', ''],
    [0, 'aé😀', ''],
  ])('is cut to %i bytes after a whole character', (maxBytes, text, kept) => {
    writeTerminationLog(path, text, maxBytes);
    expect(written()).toBe(kept);
  });

  it('is not made where there is none', () => {
    rmSync(path);
    writeTerminationLog(path, 'text');
    expect(existsSync(path)).toBe(false);
  });

  it('may be a place that can not be written', () => {
    expect(() => writeTerminationLog(folder, 'a folder')).not.toThrow();
    expect(() => writeTerminationLog(join(path, 'below'), 'a file')).not.toThrow();
    expect(() => writeTerminationLog('', 'nothing')).not.toThrow();
    expect(() => writeTerminationLog('\0', 'no path')).not.toThrow();
    chmodSync(path, 0o400);
    expect(() => writeTerminationLog(path, 'read-only')).not.toThrow(); // root writes it all the same
  });

  it('may be a pipe that nobody reads, which would hold the exit for ever', () => {
    rmSync(path);
    execFileSync('mkfifo', [path]);
    expect(() => writeTerminationLog(path, 'text')).not.toThrow();
  });
});
