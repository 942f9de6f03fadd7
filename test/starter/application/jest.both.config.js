/** Unit and e2e tests, by ts-jest and by @swc/jest: four projects of one run. */
const swc = [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
    },
    module: { type: 'commonjs' },
  },
];

const project = (name, transform) => ({
  displayName: name,
  rootDir: __dirname,
  moduleFileExtensions: ['js', 'json', 'ts'],
  testRegex: '(\\.spec|\\.e2e-spec)\\.ts$',
  transform: { '^.+\\.(t|j)s$': transform },
  testEnvironment: 'node',
});

module.exports = { projects: [project('ts-jest', 'ts-jest'), project('swc', swc)] };
