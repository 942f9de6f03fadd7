/** Which Nest this spec runs on, set by jest.config.js for each project. */
declare const NEST_MAJOR: 11 | 12;
