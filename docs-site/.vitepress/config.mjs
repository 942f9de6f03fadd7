import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url);
const readme = readFileSync(new URL('README.md', root), 'utf8');

export default {
  title: 'nestjs-graceful',
  description: 'Deploy a NestJS service without dropping a request.',
  base: process.env.DOCS_BASE ?? '/',
  srcDir: '.cache/pages',
  outDir: 'dist',
  cacheDir: fileURLToPath(new URL('docs-site/.cache/vite', root)),
  cleanUrls: true,
  lastUpdated: false,
  markdown: { anchor: { slugify }, config: withDiagrams },
  themeConfig: {
    nav: [
      { text: 'Quick start', link: '/quick-start' },
      { text: 'Options', link: '/options' },
      { text: 'API', link: '/api/' },
    ],
    search: { provider: 'local' },
    sidebar: [...groups(), { text: 'Reference', items: [{ text: 'API', link: '/api/' }] }],
    outline: [2, 3],
    socialLinks: [{ icon: 'github', link: 'https://github.com/nestjs-graceful/nestjs-graceful' }],
  },
};

/** As GitHub makes it: the pages link to each other's headings there, too. */
function slugify(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

/** Braces in code are Helm's, not Vue's; a block of Mermaid is a diagram. */
function withDiagrams(md) {
  const { code_inline: code, fence } = md.renderer.rules;
  md.renderer.rules.code_inline = (tokens, index, ...rest) => {
    tokens[index].attrSet('v-pre', '');
    return code(tokens, index, ...rest);
  };
  md.renderer.rules.fence = (tokens, index, ...rest) => {
    const { info, content } = tokens[index];
    if (info.trim() !== 'mermaid') return fence(tokens, index, ...rest);
    return `<Mermaid id="diagram-${index}" graph="${encodeURIComponent(content)}" />`;
  };
}

/** The list of pages in the README, by its groups; a family of integrations is on the page of integrations. */
function groups() {
  const [, list = ''] = /^## Documentation\n([\s\S]*?)^## /m.exec(readme) ?? [];
  return list
    .split(/^- \*\*/m)
    .slice(1)
    .map((group) => ({
      text: group.slice(0, group.indexOf('**')),
      items: [...group.matchAll(/\[([^\]]+)\]\(docs\/([\w-]+)\.md\)/g)].map(([, text, page]) => ({
        text: text.replaceAll('`', ''),
        link: `/${page}`,
      })),
    }))
    .filter(({ items }) => items.length > 0);
}
