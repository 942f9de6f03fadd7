// How every TypeScript file of the tests is compiled, in Jest and for the programs that run as processes.
// swc and not tsc because it is ten times quicker; `npm run typecheck` looks at the types.

/** @type {import('@swc/core').Options} */
const common = {
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    keepClassNames: true,
  },
  sourceMaps: 'inline',
  swcrc: false,
};

/** @type {import('@swc/core').Options} */
export const esm = { ...common, module: { type: 'es6' } };

/** @type {import('@swc/core').Options} */
export const commonjs = { ...common, module: { type: 'commonjs' } };
