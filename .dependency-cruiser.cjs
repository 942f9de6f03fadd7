// Who may import whom, as rules that fail the build (`npm run lint:imports`). Each room of lib has a row: what it may
// import, and what of that by type only (`import type` is seen, because imports are read before compilation).
// test/package/architecture.spec.ts holds the picture in ARCHITECTURE.md to these rows.

const { rooms } = require('./.rooms.cjs');

const peers = '^node_modules/(@nestjs/(common|core)|rxjs|reflect-metadata)/';

/** A room, a folder in one, or a file without its ending. */
const placeOf = (place) => (place.endsWith('/') ? `^lib/${place}` : `^lib/${place}\\.ts$`);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    // --- the repository -------------------------------------------------------------------------------------------
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable-import',
      comment:
        'The specs of test/services and bench/messages import what is installed in test/nest-12; tsc looks there.',
      severity: 'error',
      from: {
        pathNot: '^(test/(planted|services|programs/(never-worse/)?services)|bench/messages)/',
      },
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
      from: { path: '^lib/', pathNot: '^lib/(integrations|cli)/' },
      to: { path: '(^|/)node_modules/', pathNot: peers },
    },
    {
      name: 'the-command-takes-what-is-bundled',
      comment:
        'build.mjs puts these into the files of the command; the application brings its own Nest.',
      severity: 'error',
      from: { path: '^lib/cli/' },
      to: { path: '(^|/)node_modules/', pathNot: '^node_modules/(yaml|smol-toml|acorn)/' },
    },
    {
      name: 'samples-and-programs-import-the-package-by-its-name',
      comment: 'They stand for users, who have no lib/ to reach into.',
      severity: 'error',
      from: { path: '^(sample|test/programs)/' },
      to: {
        path: '^lib/',
        pathNot: '^lib/(index|testing/index|testing/rig/index|telemetry/index)\\.ts$',
      },
    },

    // --- the rooms of lib -----------------------------------------------------------------------------------------
    ...Object.entries(rooms).map(([room, { may, byType }]) => ({
      name: `${room}-keeps-to-its-row`,
      severity: 'error',
      from: { path: `^lib/${room}/` },
      to: { path: '^lib/', pathNot: [`^lib/${room}/`, ...[...may, ...byType].map(placeOf)] },
    })),
    ...Object.entries(rooms)
      .filter(([, { byType }]) => byType.length > 0)
      .map(([room, { may, byType }]) => ({
        name: `${room}-knows-these-by-type`,
        comment: 'The module hands over the instances.',
        severity: 'error',
        from: { path: `^lib/${room}/` },
        to: {
          path: byType.map(placeOf),
          pathNot: may.map(placeOf),
          dependencyTypesNot: ['type-only'],
        },
      })),
    {
      name: 'every-room-has-a-row',
      severity: 'error',
      from: { path: '^lib/[^/]+/', pathNot: Object.keys(rooms).map((room) => `^lib/${room}/`) },
      to: {},
    },
    {
      name: 'an-integration-stands-alone',
      severity: 'error',
      from: {
        path: '^lib/integrations/([^/.]+)',
        pathNot: '^lib/integrations/(built-in\\.ts$|kit/)',
      },
      to: {
        path: '^lib/integrations/',
        pathNot: '^lib/integrations/($1(/|\\.)|kit/)',
      },
    },
    {
      name: 'the-module-knows-no-leaf',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/(cli|testing|telemetry)/' },
      to: { path: '^lib/(cli|testing|telemetry)/' },
    },

    // --- packages -------------------------------------------------------------------------------------------------
    {
      name: 'rooms-without-a-package',
      comment: 'A client is found by its shape; the process is a port; time and reports are plain.',
      severity: 'error',
      from: { path: '^lib/(connections|copies|engine|errors|log|process|report|time)/' },
      to: { path: '(^|/)node_modules/' },
    },
    {
      name: 'the-engine-knows-nothing-of-node',
      severity: 'error',
      from: { path: '^lib/(engine|errors)/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'options-know-nest-common-by-type',
      comment: 'An option may hold an injection token. A running Nest is none of their business.',
      severity: 'error',
      from: { path: '^lib/options/' },
      to: { path: '(^|/)node_modules/', dependencyTypesNot: ['type-only'] },
    },
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
      name: 'an-integration-knows-its-peer-by-type',
      severity: 'error',
      from: { path: '^lib/integrations/' },
      to: {
        path: '(^|/)node_modules/',
        pathNot: '(^|/)node_modules/rxjs/', // a peer of Nest's and ours, in which handlers answer
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true, // see `import type` too
    doNotFollow: { path: 'node_modules' },
    exclude: {
      path: '^(dist|sample/[^/]+/(dist|node_modules)|test/[.]cache|test/starter|test/nest-1[12])/',
    },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
    skipAnalysisNotInRules: true,
  },
};
