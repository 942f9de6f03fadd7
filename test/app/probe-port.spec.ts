import type { INestApplication } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, expect, it } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { GracefulModule } from '../../lib/graceful.module.js';
import { PROCESS_PORT } from '../../lib/tokens.js';
import { FakeProcess } from '../support/fake-process.js';
import type { Platform } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { RecordingLogger } from '../support/recording-logger.js';

const OURS = /port in app\.listen\(\)/;
let app: INestApplication | undefined;

afterEach(async () => app?.close());

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function create(platform: Platform, probePort: number) {
  const log = new RecordingLogger();
  const probes = { port: probePort, host: '127.0.0.1' };
  const compiled = await Test.createTestingModule({ imports: [GracefulModule.forRoot({ probes })] })
    .setLogger(log)
    .overrideProvider(PROCESS_PORT)
    .useValue(new FakeProcess())
    .compile();
  const adapter = platform === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
  app = compiled.createNestApplication(adapter as never);
  return { app, log };
}

describeOnPlatforms(({ platform }) => {
  it('probes on the port of the application are named, beside what Nest says itself', async () => {
    const port = await freePort();
    const { app: starting, log } = await create(platform, port);

    await expect(starting.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const said = log.lines.filter((line) => OURS.test(line));
    expect(said).toEqual([
      `The application can't listen on port ${port}, because its own probes do: \`probes.port\` is ${port}, and so is the ` +
        "port in app.listen(). Leave `probes.port` out to answer the probes on the application's port, or give them another. [probe-port-taken]",
    ]);
  });

  it('the control: another port that is taken is not ours to explain', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { app: starting, log } = await create(platform, 0);

    const { port } = taken.address() as AddressInfo;
    await expect(starting.listen(port, '127.0.0.1')).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(log.lines.filter((line) => OURS.test(line))).toEqual([]);
    taken.close();
  });
});
