import { readFileSync } from 'node:fs';
import jestConfig from '../../jest.config.js';
import { filesOf, grouped } from './groups.mjs';

export { filesOf };

export const PROJECTS = jestConfig.projects;

/** `npm test` runs all of these. */
const WHOLE = ['unit', 'app-nest-12'];
/** Of this it runs the contract of each library that brings work, against its real server. */
const EACH_SERVICE = { project: 'services-nest-12', folder: '/test/services/contract/' };

/** A file with a grid, of which `npm test` runs the first cell. */
const HAS_CELLS = /^import \{[^}]*\bcells\b[^}]*\} from '[./]+\/support\/cells\.js';$/m;

/**
 * Which test files of a project `npm test` runs, and which `npm run test:all`. Only those that have cells are in both.
 *
 * @param {{ displayName: string, testMatch: string[] }} project
 * @returns {{ first: string[], rest: string[] }}
 */
export function partsOf({ displayName, testMatch }) {
  const all = testMatch.flatMap(filesOf);
  if (WHOLE.includes(displayName)) return { first: all, rest: [] };
  if (displayName === EACH_SERVICE.project) {
    const isFirst = (file) => file.replaceAll('\\', '/').includes(EACH_SERVICE.folder);
    return { first: all.filter(isFirst), rest: all.filter((file) => !isFirst(file)) };
  }
  return { first: all.filter(hasCells), rest: all };
}

/** The projects of one part, as Jest wants them. */
export function projectsOf(part) {
  return PROJECTS.flatMap((one) => {
    const files = partsOf(one)[part];
    if (files.length === 0) return [];
    return isGrouped(one) ? grouped(one, files) : { ...one, testMatch: files };
  });
}

/** The others start processes, and wait more than they load. */
function isGrouped({ displayName }) {
  return /^(unit|app|services)/.test(displayName);
}

function hasCells(file) {
  return HAS_CELLS.test(readFileSync(file, 'utf8'));
}
