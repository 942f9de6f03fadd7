import each from './jest.config.js';
import { projectsOf } from './test/support/parts.mjs';

/** What `npm test` runs. Who names some files gets those, each by itself and whole. */
const some = process.argv.slice(2).some((argument) => /^--testPath|\.spec|^test\//.test(argument));
if (!some) process.env.GRACEFUL_TESTS = 'first';

/** @type {import('jest').Config} */
export default some ? each : { ...each, projects: projectsOf('first') };
