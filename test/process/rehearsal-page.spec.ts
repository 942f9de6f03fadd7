import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rehearsalHtml } from '../../lib/cli/rehearse/html.js';
import { chromium, Page } from '../support/chromium.js';
import { rehearsed } from '../support/rehearsed.js';
import { describeWith } from '../support/services.js';

/** Tells what the page shows, and what it shows once somebody has zoomed and gone back. */
const TELL = `<script>
const box = () => [...document.querySelectorAll('svg')].map((svg) => svg.getAttribute('viewBox'));
const before = box();
const svg = document.querySelector('#module');
svg.dispatchEvent(new WheelEvent('wheel', { deltaY: -1, cancelable: true }));
const zoomed = box();
svg.dispatchEvent(new MouseEvent('dblclick'));
const count = (selector) => document.querySelectorAll(selector).length;
const events = JSON.parse(document.querySelector('#events').textContent);
const wide = [...document.querySelectorAll('rect')].every((one) => one.getBoundingClientRect().width >= 0);
console.log('told ' + [count('.lane'), count('#module rect.loss[y="66"]'), count('#control .known'), events.result.seed, wide,
  before[0] !== zoomed[0], zoomed[0].split(' ')[2] === zoomed[1].split(' ')[2], box()[0] === before[0]].join());
</script>`;

describeWith(chromium, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rehearsal-page-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('the page of a rehearsal has a lane for each instance, its losses, and zooms both drawings together', async () => {
    const file = join(folder, 'page.html');
    writeFileSync(file, rehearsalHtml(rehearsed(3)) + TELL);
    const page = await Page.open(pathToFileURL(file).href);
    try {
      const told = page.console.all[await page.console.find(/^told /)];
      expect(told).toBe('told 4,3,1,7,true,true,true,true');
    } finally {
      await page.close();
    }
  });
});
