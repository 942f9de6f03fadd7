import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as nestVersion from '../../../lib/nest/nest-version.js';

/** As `@nestjs/common` 10 has it: without what came with 11. */
jest.unstable_mockModule('@nestjs/common', () => ({ Injectable: () => () => undefined }));

describe('an application on Nest 10', () => {
  let folder: string;
  let refuseOldNest: typeof nestVersion.refuseOldNest;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nest-10-'));
    ({ refuseOldNest } = await import('../../../lib/nest/nest-version.js'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('is refused with both versions', async () => {
    const core = join(folder, 'node_modules/@nestjs/core');
    await mkdir(core, { recursive: true });
    await writeFile(join(core, 'package.json'), JSON.stringify({ version: '10.4.22' }));

    expect(() => refuseOldNest(join(folder, 'dist'))).toThrow(
      expect.objectContaining({
        code: 'GRACEFUL_UNSUPPORTED_NEST',
        ...{ found: '10.4.22', needed: '11.0.0' },
        message: expect.stringContaining(
          'needs Nest 11.0.0 or newer, and this application is on Nest 10.4.22.',
        ),
      }),
    );
  });

  it('is refused without its version where no file says it, as in a bundle', () => {
    expect(() => refuseOldNest(join(tmpdir(), 'bundle.js'))).toThrow(
      'nestjs-graceful needs Nest 11.0.0 or newer, and this application is on an older one.',
    );
  });
});

describe('a newer Nest that should lack what it is known by', () => {
  it('goes by its version', async () => {
    const { refuseOldNest } = await import('../../../lib/nest/nest-version.js');
    // The repository's own.
    expect(() => refuseOldNest(import.meta.filename)).not.toThrow();
  });
});
