import { availableParallelism } from 'node:os';
import { esm } from './test/support/swc-options.mjs';

const onSources = {
  '^nestjs-graceful$': '<rootDir>/lib/index.ts', // samples are tested against the sources
  '^nestjs-graceful/(.+)$': '<rootDir>/lib/$1/index.ts',
  '^(\\.{1,2}/.*)\\.js$': '$1', // what NodeNext writes as './x.js' is './x.ts'
};

// Every import of Nest and its friends, whoever writes it, from an install other than the repository's own.
const nest11 = { resolver: '<rootDir>/test/nest-11/resolver.mjs' };
const nest12 = { resolver: '<rootDir>/test/nest-12/resolver.mjs' };

/** @returns {import('jest').Config} */
const project = (name, nestMajor, folders) => ({
  displayName: name,
  testEnvironment: 'node',
  roots: ['<rootDir>/lib', '<rootDir>/test'],
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.spec.ts`),
  modulePathIgnorePatterns: ['/\\.cache/', '<rootDir>/dist/'],
  extensionsToTreatAsEsm: ['.ts'],
  moduleNameMapper: onSources,
  transform: { '^.+\\.ts$': ['@swc/jest', esm] },
  globals: { NEST_MAJOR: nestMajor },
});

const patience = ['<rootDir>/test/support/patience.ts'];

/** @type {import('jest').Config} */
export default {
  projects: [
    project('unit', 12, ['unit']),
    project('app-nest-12', 12, ['app', 'contract']),
    { ...project('app-nest-11', 11, ['app', 'contract']), ...nest11 },
    { ...project('services-nest-12', 12, ['services']), ...nest12 },
    { ...project('services-nest-11', 11, ['services']), ...nest11 },
    { ...project('process', 12, ['process']), setupFilesAfterEnv: patience },
    { ...project('never-worse', 12, ['never-worse']), setupFilesAfterEnv: patience },
    { ...project('package', 12, ['package']), setupFilesAfterEnv: patience },
  ],
  // Process tests mostly wait, so a machine with two cores runs three files at a time (Jest's own default is one).
  maxWorkers: Math.max(3, availableParallelism() - 1),
  testSequencer: '<rootDir>/test/support/sequencer.mjs',
  // A test that waits for ever fails all the same; one on a busy machine doesn't.
  testTimeout: 20_000,
  collectCoverageFrom: ['lib/**/*.ts'],
};
