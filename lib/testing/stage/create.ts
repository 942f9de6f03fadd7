import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { StageError } from './errors.js';
import { withEnvironment } from './ports.js';
import type { StagedSubject, StageOptions } from './stage-options.js';

/** What makes the module take the process for one of a platform (`detectPlatform`). */
const SIGNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kubernetes: { KUBERNETES_SERVICE_HOST: '10.0.0.1' },
  ecs: { ECS_CONTAINER_METADATA_URI_V4: 'http://169.254.170.2/v4/1' },
  'cloud-run': { K_SERVICE: 'app', K_REVISION: 'app-00001' },
  heroku: { DYNO: 'web.1' },
  nomad: { NOMAD_ALLOC_ID: '1' },
  pm2: { pm_id: '0', PM2_HOME: '/' },
  systemd: { NOTIFY_SOCKET: '/run/none' },
  none: {},
};
/** Of the machine on which the test runs, such as a build in a pod. */
const NOT_OURS =
  /^(KUBERNETES_SERVICE_HOST|ECS_CONTAINER_METADATA_URI(_V4)?|K_SERVICE|K_REVISION|DYNO|NOMAD_ALLOC_ID|pm_id|PM2_HOME|SYSTEMD_EXEC_PID|NOTIFY_SOCKET)$/;

/** The application: the one that was given, or created as it was said. */
export async function createSubject(
  subject: StagedSubject,
  { platform, env }: StageOptions,
): Promise<INestApplicationContext> {
  if (isApplication(subject)) {
    if (platform === undefined && env === undefined) return subject;
    const option = platform === undefined ? 'env' : 'platform';
    throw new StageError(
      `\`${option}\` comes too late for an application that is there: its options are resolved. Give stageShutdown() the ` +
        `module, or what creates the application: () => NestFactory.create(AppModule).`,
    );
  }
  const create = isModule(subject)
    ? () => NestFactory.create(subject, { logger: ['error'], abortOnError: false })
    : subject;
  return withEnvironment({ ...environmentOf(platform), ...env }, create);
}

function environmentOf(platform: StageOptions['platform']): NodeJS.ProcessEnv {
  if (platform === undefined) return process.env;
  const others = Object.entries(process.env).filter(([name]) => !NOT_OURS.test(name));
  return { ...Object.fromEntries(others), ...SIGNS[platform] };
}

function isApplication(subject: StagedSubject): subject is INestApplicationContext {
  return typeof subject === 'object' && 'close' in subject && typeof subject.close === 'function';
}

/** A class, or a dynamic module; what creates an application is an arrow function, or an async one. */
function isModule(subject: StagedSubject): subject is Type | DynamicModule {
  return typeof subject === 'object' || subject.prototype !== undefined;
}
