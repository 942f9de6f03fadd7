import { expect, it } from '@jest/globals';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(import.meta.url);

// If a resolver in jest.config.js broke, both projects could run on the same install, and stay green but for this.
it.each(['@nestjs/core', '@nestjs/microservices', 'rxjs', 'bullmq', 'keyv'])(
  '%s is the one of this project',
  (name) => {
    expect(require.resolve(name)).toContain(join('test', `nest-${NEST_MAJOR}`, 'node_modules'));
  },
);
