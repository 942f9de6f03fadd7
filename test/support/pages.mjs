import { readdirSync, readFileSync } from 'node:fs';
import { at } from './prepare/folders.mjs';

/** Every page a user reads, by its path from the root of the repository. */
export const pages = [
  'README.md',
  ...readdirSync(at('docs'), { recursive: true })
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .filter((path) => path.endsWith('.md') && !path.includes('node_modules'))
    .toSorted(),
];

/** The blocks of one language on a page. */
export function blocksOf(page, language) {
  const text = readFileSync(at(page), 'utf8');
  const fenced = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm');
  return [...text.matchAll(fenced)].map(([, code]) => code);
}

/** The blocks of a page that a spec runs, which is named in a comment above them, and the specs. */
export function blocksOfSpecs(page) {
  const text = readFileSync(at(page), 'utf8');
  const named = /^<!-- (test\/\S+\.spec\.ts) -->\n```ts\n([\s\S]*?)^```$/gm;
  return [...text.matchAll(named)].map(([, spec, code]) => ({ spec, code }));
}

/** The files a page shows: blocks whose first line is their path, such as `// src/app.module.ts`. */
export function filesOn(page) {
  return blocksOf(page, 'ts').flatMap((code) => {
    const [, path] = /^\/\/ (src\/\S+\.ts)\n/.exec(code) ?? [];
    return path ? [{ path, code }] : [];
  });
}

/** The pages whose files make an application: those that show its root module. */
export const applications = pages.filter((page) =>
  filesOn(page).some(({ path }) => path === 'src/app.module.ts'),
);

/** The name of a page's application: `README`, `work`, `integrations-writing-your-own`. */
export const applicationOf = (page) =>
  page
    .replace(/^docs\//, '')
    .replace(/\.md$/, '')
    .replaceAll('/', '-');

/** All that is to be written, as the README has it on its first screen. */
export const FIRST_SCREEN = `@Module({ imports: [GracefulModule.forRoot()] })
export class AppModule {}`;
