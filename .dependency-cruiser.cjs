// Who may import whom, as rules that fail the build (`npm run lint:imports`). Arrows point inward: errors, the engine in
// lib/shutdown, the folders around it, the module that wires them, and index.ts last.
// "types of shutdown" means `import type`: the rule sees it, because imports are read before compilation.

const peers = '^node_modules/(@nestjs/(common|core|terminus)|rxjs|reflect-metadata)/';

/** Folders that know Nest and the engine's types, and not each other. */
const besideEachOther = '^lib/(connections|discovery|health|http|work|nest)/';

/** A folder of lib that uses the engine knows it by its types only; the module hands over the instances. */
const typesOfShutdownOnly = (files, from) => ({
  name: `${files}-know-shutdown-by-type`,
  severity: 'error',
  from: { path: from },
  to: { path: '^lib/shutdown/', dependencyTypesNot: ['type-only'] },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    // --- the repository -------------------------------------------------------------------------------------------
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable-import',
      comment:
        'The specs of test/services import what is installed in test/nest-12; tsc looks there.',
      severity: 'error',
      from: { pathNot: '^test/services/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'index-is-imported-by-nobody',
      comment:
        'Import the file that has the name: index.ts is for users, and through it everything is a cycle.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lib/index\\.ts$' },
    },
    {
      name: 'lib-stays-in-lib',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(test|sample|bench|dist)/' },
    },
    {
      name: 'lib-takes-peers-only',
      comment:
        'No other runtime dependency. An integration names its own optional peer, by type; see below.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/integrations/' },
      to: { path: '(^|/)node_modules/', pathNot: peers },
    },
    {
      name: 'samples-and-programs-import-the-package-by-its-name',
      comment: 'They stand for users, who have no lib/ to reach into.',
      severity: 'error',
      from: { path: '^(sample|test/programs)/' },
      to: { path: '^lib/', pathNot: '^lib/(index|testing/index)\\.ts$' },
    },

    // --- the folders of lib ---------------------------------------------------------------------------------------
    {
      name: 'errors-import-nothing',
      severity: 'error',
      from: { path: '^lib/errors/' },
      to: { pathNot: '^lib/errors/' },
    },
    {
      name: 'shutdown-imports-errors-only',
      comment: 'The engine is plain TypeScript: no Nest, no process, nothing of node:, no package.',
      severity: 'error',
      from: { path: '^lib/shutdown/' },
      to: { pathNot: '^lib/(shutdown|errors)/' },
    },
    {
      name: 'options-import-errors-and-shutdown-only',
      comment: 'And the one interface by which a user gives support for a library.',
      severity: 'error',
      from: { path: '^lib/options/' },
      to: {
        path: '^lib/',
        pathNot: '^lib/((options|errors|shutdown)/|integrations/integration\\.ts$)',
      },
    },
    typesOfShutdownOnly('options', '^lib/options/'),
    {
      name: 'options-know-only-types-of-nest-common',
      comment: 'An option may hold an injection token. A running Nest is none of their business.',
      severity: 'error',
      from: { path: '^lib/options/' },
      to: { path: '(^|/)node_modules/', pathNot: '^node_modules/@nestjs/common/' },
    },
    {
      name: 'options-know-nest-common-by-type',
      severity: 'error',
      from: { path: '^lib/options/' },
      to: { path: '^node_modules/@nestjs/common/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'folders-keep-out-of-each-other',
      severity: 'error',
      from: { path: besideEachOther },
      to: { path: '^lib/', pathNot: '^lib/($1|errors|shutdown)/' },
    },
    typesOfShutdownOnly('folders', besideEachOther),
    {
      name: 'nest-internals-in-lib-nest-only',
      comment:
        'Anything but the entry point of a @nestjs package is internal, and one folder answers for it.',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/nest/' },
      to: {
        path: '(^|/)node_modules/@nestjs/[^/]+/',
        pathNot: '/@nestjs/[^/]+/(dist/)?index\\.(d\\.ts|js)$',
      },
    },
    {
      name: 'connections-know-no-package',
      comment: 'A client is found by its shape; Nest and the libraries are none of their business.',
      severity: 'error',
      from: { path: '^lib/connections/' },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'process-imports-errors-and-shutdown-only',
      severity: 'error',
      from: { path: '^lib/process/' },
      to: { path: '^lib/', pathNot: '^lib/(process|errors|shutdown)/' },
    },
    typesOfShutdownOnly('process-files', '^lib/process/'),
    {
      name: 'process-knows-no-package',
      severity: 'error',
      from: { path: '^lib/process/' },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'an-integration-stands-alone',
      severity: 'error',
      from: { path: '^lib/integrations/([^/.]+)', pathNot: '^lib/integrations/built-in\\.ts$' },
      to: {
        path: '^lib/',
        pathNot:
          '^lib/(integrations/($1(/|\\.)|(integration|job-release|rounds|settled)\\.ts$)|errors/|shutdown/)',
      },
    },
    typesOfShutdownOnly('integrations', '^lib/integrations/'),
    {
      name: 'an-integration-knows-its-peer-by-type',
      severity: 'error',
      from: { path: '^lib/integrations/' },
      to: { path: '(^|/)node_modules/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'the-module-knows-neither-cli-nor-testing',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(cli|testing)/' },
      to: { path: '^lib/(cli|testing)/' },
    },
    {
      name: 'testing-imports-what-is-public',
      comment: 'As a user of it would, and the clock that sets its timers.',
      severity: 'error',
      from: { path: '^lib/testing/' },
      to: {
        path: '^lib/',
        pathNot: [
          '^lib/(testing|errors)/',
          '^lib/integrations/integration\\.ts$',
          '^lib/process/system-clock\\.ts$',
        ],
      },
    },
    {
      name: 'only-cli-and-testing-look-up-to-the-module',
      comment:
        'graceful*.ts wires the folders; a folder that imports it has turned the arrow around.',
      severity: 'error',
      from: { path: '^lib/[^/]+/', pathNot: '^lib/(cli|testing)/' },
      to: { path: '^lib/[^/]+\\.ts$' },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true, // see `import type` too
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|sample/[^/]+/(dist|node_modules)|test/[.]cache|test/nest-1[12])/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    skipAnalysisNotInRules: true,
  },
};
