// Builds the site of the documentation from README.md, docs/ and the doc comments of lib:
//
//   npm run docs            into docs-site/dist
//   DOCS_BASE=/name/ npm run docs   for a site that is not at the root of its host
//
// What it needs is installed here, so that who only runs the tests does not install a site generator.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '..');
const pages = join(here, '.cache/pages');
const REPOSITORY = 'https://github.com/nestjs-graceful/nestjs-graceful/blob/main';

if (!existsSync(join(here, 'node_modules/vitepress'))) install();
rmSync(pages, { recursive: true, force: true });
copyPages();
await writeReference();
const { build } = await import('vitepress');
await build(here);
const mermaid = join(here, 'node_modules/mermaid/dist');
for (const name of ['mermaid.esm.min.mjs', 'chunks/mermaid.esm.min']) {
  const filter = (file) => !file.endsWith('.map');
  cpSync(join(mermaid, name), join(here, 'dist/mermaid', name), { recursive: true, filter });
}
// As Markdown, too, for assistants: llms.txt says where.
cpSync(pages, join(here, 'dist'), { recursive: true });

function install() {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const args = ['install', '--no-package-lock', '--no-audit', '--no-fund'];
  execFileSync(npm, args, { cwd: here, stdio: 'inherit', shell: process.platform === 'win32' });
}

/** README is the first page. */
function copyPages() {
  write('index.md', relinked('README.md'));
  for (const name of readdirSync(join(root, 'docs'), { recursive: true })) {
    const path = name.replaceAll('\\', '/');
    if (path.endsWith('.md')) write(path, relinked(`docs/${path}`));
  }
  cpSync(join(root, 'llms.txt'), join(pages, 'llms.txt'));
}

function write(path, text) {
  mkdirSync(dirname(join(pages, path)), { recursive: true });
  writeFileSync(join(pages, path), text);
}

/** Links between pages stay links between pages; what else is in the repository is linked there. */
function relinked(page) {
  const ofSite = page.replace(/^docs\//, '');
  return readFileSync(join(root, page), 'utf8').replace(
    /\]\((?!https?:|#|mailto:)([^)#\s]*)(#[^)\s]*)?\)/g,
    (_whole, path, anchor = '') => {
      const target = posix.join(posix.dirname(page), path);
      if (!/^docs\/.*\.md$/.test(target)) return `](${REPOSITORY}/${target}${anchor})`;
      const link = posix.relative(posix.dirname(ofSite), target.replace(/^docs\//, ''));
      return `](${link.startsWith('.') ? link : `./${link}`}${anchor})`;
    },
  );
}

/** The reference of everything that can be imported, from the doc comments. */
async function writeReference() {
  const { Application, Configuration } = await import('typedoc');
  const application = await Application.bootstrapWithPlugins({
    entryPoints: ['index', 'telemetry/index', 'testing/index', 'testing/rig/index'].map((file) =>
      join(root, `lib/${file}.ts`),
    ),
    tsconfig: join(root, 'tsconfig.build.json'),
    basePath: join(root, 'lib'),
    out: join(pages, 'api'),
    name: 'API reference',
    readme: 'none',
    plugin: ['typedoc-plugin-markdown'],
    blockTags: [...Configuration.OptionDefaults.blockTags, '@publicApi'],
    notRenderedTags: ['@publicApi'],
    excludeInternal: true,
    excludePrivate: true,
    treatValidationWarningsAsErrors: false,
    validation: { notExported: false, invalidLink: true, notDocumented: false },
    sourceLinkTemplate: `${REPOSITORY}/lib/{path}#L{line}`,
    disableGit: true,
    entryFileName: 'index',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    sanitizeComments: true,
    useCodeBlocks: true,
  });
  const project = await application.convert();
  if (!project || application.logger.hasErrors()) throw new Error('the reference can not be made');
  await application.generateOutputs(project);
  if (application.logger.hasErrors()) throw new Error('the reference can not be written');
}
