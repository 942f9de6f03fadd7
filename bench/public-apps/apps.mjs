// Public Nest applications that nobody here wrote: where they are, at which commit, and how they are built and asked.
// `prepare` are commands in the copy, each an argument list; `paths` are GETs that answer at rest, without a session.

/** @type {Array<{ repository: string, commit: string, kind: string, folder?: string, prepare: string[][], entry: string, paths: string[], env?: Record<string, string> }>} */
export const apps = [
  {
    repository: 'kamilmysliwiec/nest-cqrs-example',
    commit: '5e920b89fceb39f91c2c533e99a6cc27b6681ad4',
    kind: 'CQRS with a saga, Express; raised from Nest 10 to 11, which the module needs',
    prepare: [
      [
        ...['npm', 'install', '--no-audit', '--no-fund', '--legacy-peer-deps'],
        ...[
          '@nestjs/common@11',
          '@nestjs/core@11',
          '@nestjs/cqrs@11',
          '@nestjs/platform-express@11',
        ],
      ],
      ['npx', 'nest', 'build'],
    ],
    entry: 'dist/main.js',
    paths: ['/hero'],
  },
];
