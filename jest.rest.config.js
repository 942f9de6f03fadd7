import each from './jest.config.js';
import { projectsOf } from './test/support/parts.mjs';

/** What `npm run test:all` runs after its checks: everything that `npm test` does not. */
process.env.GRACEFUL_TESTS = 'rest';

/** @type {import('jest').Config} */
export default { ...each, projects: projectsOf('rest') };
