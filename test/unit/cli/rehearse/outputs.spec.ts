import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Terminal } from '../../../../lib/cli/command.js';
import { command } from '../../../../lib/cli/rehearse/rehearse.command.js';
import { rehearsed } from '../../../support/rehearsed.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rehearsal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (name: string) => readFileSync(join(folder, name), 'utf8');

/** Runs `rehearse --from` of what was kept. */
async function fromKept(kept: unknown, ...args: string[]) {
  writeFileSync(join(folder, 'kept.json'), JSON.stringify(kept));
  let out = '';
  const terminal: Terminal = {
    ...{ cwd: folder, env: {}, isInteractive: false, err: () => undefined },
    out: (text) => void (out += text),
    readIn: async () => '',
  };
  const code = await command.run(['--from', 'kept.json', ...args], terminal);
  return { code, out };
}

const FILES = ['--junit', 'j.xml', '--markdown', 'm.md', '--html', 'h.html', '--events', 'e.json'];

describe('the outputs of a rehearsal, made again of its events', () => {
  it('say that it passed', async () => {
    const { code, out } = await fromKept(rehearsed(), ...FILES);
    expect(code).toBe(0);
    expect(out).toMatch(/^passed: With the module, 0 of 900 were lost/m);
    expect(read('j.xml')).toContain('tests="1" failures="0" errors="0"');
    expect(read('m.md')).toMatch(/^### ✅ Rehearsal passed: /);
    expect(JSON.parse(read('e.json'))).toEqual(rehearsed());
    expect(read('h.html')).toContain('<h1 class="passed">passed</h1>');
  });

  it('say that something was lost, with its cause and its remedy', async () => {
    const { code } = await fromKept(rehearsed(3), ...FILES);
    expect(code).toBe(1);
    expect(read('j.xml')).toContain('<failure message="With the module, 3 of 900 were lost."');
    for (const file of ['j.xml', 'm.md', 'h.html']) {
      expect(read(file)).toContain('3 refused: the port was closed'.slice(2));
      expect(read(file)).toContain('Keep serving after the stop signal');
    }
  });

  it('say that it proves nothing', async () => {
    const kept = rehearsed();
    const unsure = { ...kept, result: { ...kept.result, verdict: 'inconclusive' as const } };
    const { code } = await fromKept(unsure, ...FILES);
    expect(code).toBe(3);
    expect(read('j.xml')).toContain('failures="0" errors="1"');
    expect(read('m.md')).toContain('❔ Rehearsal inconclusive');
  });

  it('hold names that would be code', async () => {
    await fromKept(rehearsed(3), ...FILES);
    expect(read('j.xml')).toContain('name="dist/&lt;main&gt;|.js"');
    expect(read('m.md')).toContain('dist/&lt;main>\\|.js');
    expect(read('h.html')).toContain('GET /a&lt;b&gt;|&quot;c&quot;: refused');
    expect(read('h.html')).not.toMatch(/<main>|<b>/);
  });

  it('load nothing', async () => {
    await fromKept(rehearsed(3), '--html', 'h.html');
    expect(read('h.html')).not.toMatch(/\b(src|href)=|@import|https?:/);
  });

  it('append to a summary', async () => {
    writeFileSync(join(folder, 'm.md'), 'before\n');
    await fromKept(rehearsed(), '--markdown', 'm.md');
    expect(read('m.md')).toMatch(/^before\n### /);
  });

  it.each<[string, unknown, string[], string]>([
    ['no events', { version: 2 }, [], 'kept.json is not what --events'],
    [
      'a file that can not be written',
      rehearsed(),
      ['--html', 'no/h.html'],
      "can't write no/h.html",
    ],
    ['another file', rehearsed(), ['--from', 'none.json'], "can't read none.json"],
  ])('refuse %s', async (_what, kept, args, message) => {
    await expect(fromKept(kept, ...args)).rejects.toThrow(message);
  });
});
