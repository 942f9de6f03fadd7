import each from './jest.config.js';
import { grouped } from './test/support/groups.mjs';

/** What `npm test` runs: everything, in groups. Who names some files gets those, each by itself. */
const some = process.argv.slice(2).some((argument) => /^--testPath|\.spec|^test\//.test(argument));
const inGroups = ({ displayName }) => /^(unit|app|services)/.test(displayName);

/** @type {import('jest').Config} */
export default some
  ? each
  : { ...each, projects: each.projects.map((one) => (inGroups(one) ? grouped(one) : one)) };
