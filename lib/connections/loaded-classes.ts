import { createRequire } from 'node:module';
import { has, look } from './look.js';

/** Databases whose packages are CommonJS, so that what they export can be found; typeorm alone has 1,500 files. */
const DATABASES =
  /[\\/]node_modules[\\/](?:pg-pool|mysql2|mariadb|mssql|mongodb|sequelize|typeorm[\\/](?:.*[\\/])?data-source)[\\/]/;

/**
 * Classes of clients that their owner closes. Not those of single connections, which pools open and close as they like, and
 * not those of Redis: workers of queues have their own, and a source of work is never held.
 */
const CLASS_SHAPES: ReadonlyArray<(prototype: object) => boolean> = [
  // pg-pool, whose counter is a getter; mysql2, mariadb
  (p) => has(p, 'query', 'end') && (has(p, 'getConnection') || 'totalCount' in p),
  // mssql
  (p) => has(p, 'query', 'close', 'request', 'transaction'),
  // TypeORM
  (p) => has(p, 'destroy', 'createQueryRunner'),
  // Sequelize
  (p) => has(p, 'close', 'authenticate', 'define'),
  // MongoClient
  (p) => has(p, 'close', 'startSession', 'db'),
];

/**
 * The prototypes of the database clients of this process, whoever has an instance. Loads nothing; in a bundle, and of ES
 * modules, there is nothing to find.
 */
export function clientPrototypes(): Set<object> {
  const found = new Set<object>();
  for (const exported of loadedDatabases()) {
    for (const value of [exported, ...valuesOf(exported)]) {
      const prototype = typeof value === 'function' ? look(value, 'prototype') : undefined;
      if (typeof prototype !== 'object' || prototype === null) continue;
      if (CLASS_SHAPES.some((fits) => fits(prototype))) found.add(prototype);
    }
  }
  return found;
}

function loadedDatabases(): unknown[] {
  try {
    const cache = createRequire(process.execPath).cache ?? {};
    return Object.keys(cache).flatMap((file) =>
      DATABASES.test(file) ? [cache[file]?.exports] : [],
    );
  } catch {
    return []; // other runtimes need not have it
  }
}

/** Exports are often getters, which load nothing any more once their module is loaded; those that would are left alone. */
function valuesOf(exported: unknown): unknown[] {
  if (typeof exported !== 'object' || exported === null) return [];
  return Object.values(Object.getOwnPropertyDescriptors(exported)).map(
    ({ value }) => value as unknown,
  );
}
