import { runBeside } from './run.mjs';

/**
 * The site of the documentation, some 330 MB with its generator. Made again when a page changes; the reference in it is of the
 * doc comments there were then.
 */
export const docsSite = {
  name: 'docs-site',
  inputs: [
    'docs',
    'README.md',
    'docs-site/package.json',
    'docs-site/build.mjs',
    'docs-site/.vitepress/config.mjs',
    'docs-site/.vitepress/theme',
    'test/support/prepare/docs-site.mjs',
  ],
  outputs: ['docs-site/dist/index.html'],
  async make() {
    await runBeside(process.execPath, ['docs-site/build.mjs']);
  },
};
