import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pages } from './pages.mjs';

const root = join(import.meta.dirname, '../..');

/** llms.txt: what the package is, and each page as Markdown with its first sentence (https://llmstxt.org). */
export function llmsText(): string {
  const rows = pages.filter((page) => page !== 'README.md').map(rowOf);
  return [
    '# nestjs-graceful',
    '',
    '> A NestJS dynamic module for graceful shutdown: `imports: [GracefulModule.forRoot()]` in AppModule, and a rolling',
    '> deploy drops no request. Nest 11 and 12, Express and Fastify, Node 20 to 26. Every option has a default; most',
    '> applications set none, some `gracePeriodMs`.',
    '',
    '[README.md](README.md) is the overview. Code on the pages is complete, and runs in the tests.',
    '',
    '## Docs',
    '',
    ...rows,
    '',
  ].join('\n');
}

function rowOf(page: string): string {
  const text = readFileSync(join(root, page), 'utf8');
  const [, title = page] = /^# (.+)$/m.exec(text) ?? [];
  const [paragraph = ''] = text
    .replace(/^# .+$/m, '')
    .split('\n\n')
    .map((part) => part.trim())
    .filter((part) => /^[A-Z*`]/.test(part) && !part.startsWith('```'));
  const plain = paragraph
    .replace(/\s+/g, ' ')
    .replaceAll('**', '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
  const [sentence = plain] = /^.*?\.(?= |$)/.exec(plain) ?? [];
  const link = `- [${title.replaceAll('`', '')}](${page})`;
  return sentence === '' ? link : `${link}: ${sentence}`;
}
