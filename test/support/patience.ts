import { jest } from '@jest/globals';

// Real processes start, drain and end in real time, two test files at once on two cores. A project's own
// `testTimeout` would say this in jest.config.js, but Jest 30 reads it from the top level only.
jest.setTimeout(60_000);
