import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, posix } from 'node:path';
import { Browser } from '../support/browser.js';
import { chromium } from '../support/chromium.js';
import { pages } from '../support/pages.mjs';
import { describeWith } from '../support/services.js';

const site = join(import.meta.dirname, '../../docs-site/dist');
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

const files = (ending: string) =>
  readdirSync(site, { recursive: true })
    .map((path) => String(path).replaceAll('\\', '/'))
    .filter((path) => path.endsWith(ending));
const html = files('.html').filter((path) => path !== '404.html');
const textOf = (path: string) => readFileSync(join(site, path), 'utf8');

/** The file that a host of static files answers a path with. */
function fileAt(path: string): string | undefined {
  const name = decodeURIComponent(path).replace(/^\//, '');
  return [name, `${name}.html`, posix.join(name, 'index.html')].find(
    (file) => extname(file) !== '' && existsSync(join(site, file)),
  );
}

describe('the site of the documentation', () => {
  it('has every page, as HTML and as Markdown, and the index for assistants', () => {
    const wanted = pages
      .filter((page) => page.startsWith('docs/'))
      .map((page) => page.slice('docs/'.length, -'.md'.length));
    for (const ending of ['.html', '.md']) {
      const there = new Set(files(ending).map((path) => path.slice(0, -ending.length)));
      expect(wanted.filter((page) => !there.has(page))).toEqual([]);
    }
    expect(existsSync(join(site, 'llms.txt'))).toBe(true);
  });

  it('has the public names, with what their comments say', () => {
    for (const name of [
      'classes/GracefulModule',
      'functions/OnFlush',
      'interfaces/GracefulOptions',
    ]) {
      expect(html).toContain(`api/index/${name}.html`);
    }
    expect(textOf('api/index/functions/OnFlush.html')).toContain(
      'Runs a method when no work is in flight any more',
    );
    expect(html).toContain('api/testing/functions/integrationContract.html');
    expect(html).toContain('api/testing/rig/classes/Rollout.html');
    expect(html.some((path) => path.startsWith('api/telemetry/'))).toBe(true);
  });

  it('links only to pages and headings that it has', () => {
    const ids = new Map(
      html.map((path) => [
        path,
        new Set([...textOf(path).matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
      ]),
    );
    const broken = html.flatMap((path) =>
      [...textOf(path).matchAll(/<a [^>]*href="([^"]+)"/g)]
        .map(([, href = '']) => href)
        .filter((href) => !/^[a-z]+:/.test(href))
        .filter((href) => {
          const [page = '', anchor] = href.split('#');
          const target = page === '' ? path : fileAt(posix.resolve('/', posix.dirname(path), page));
          if (target === undefined) return true;
          return (
            anchor !== undefined && !(ids.get(target)?.has(decodeURIComponent(anchor)) ?? true)
          );
        })
        .map((href) => `${path}: ${href}`),
    );
    expect(broken).toEqual([]);
  });
});

describeWith(chromium, () => {
  let server: Server;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      const file = fileAt(new URL(request.url ?? '/', 'http://site').pathname);
      response.writeHead(file === undefined ? 404 : 200, {
        'content-type': TYPES[extname(file ?? '')] ?? 'application/octet-stream',
      });
      response.end(file === undefined ? undefined : readFileSync(join(site, file)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await Browser.start();
  });

  afterAll(async () => {
    await browser.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('the first page has the table of the README, and leads to the others', async () => {
    const page = await browser.open(`${origin}/`);
    expect(await page.textOf('main h1')).toContain('nestjs-graceful');
    expect(await page.textOf('main table')).toContain('requests lost');
    expect(await page.textOf('.VPSidebar')).toMatch(/quick start[\s\S]*Kubernetes[\s\S]*migrating/);
  });

  it('the state machine is drawn', async () => {
    const page = await browser.open(`${origin}/how-it-works`);
    expect(await page.textOf('.mermaid svg')).toContain('draining');
  });

  it('the reference says what forRoot() does', async () => {
    const page = await browser.open(`${origin}/api/index/classes/GracefulModule`);
    expect(await page.textOf('main')).toMatch(/forRoot\(\)[\s\S]*Every option has a default/);
  });

  it('a rule is found by the search', async () => {
    const page = await browser.open(`${origin}/`);
    await page.textOf('.VPSidebar');
    await page.until(`(() => {
      document.querySelector('#local-search button, .DocSearch-Button')?.click();
      return document.querySelector('#localsearch-input') !== null;
    })()`);
    await page.evaluate(`(() => {
      const input = document.querySelector('#localsearch-input');
      input.value = 'grace/too-short';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    })()`);
    const found = await page.until(
      `[...document.querySelectorAll('#localsearch-list a')].some((a) => a.getAttribute('href').includes('/check'))`,
    );
    expect(found).toBe(true);
  });

  it('none of the pages has thrown', () => {
    expect(browser.exceptions).toEqual([]);
  });
});
