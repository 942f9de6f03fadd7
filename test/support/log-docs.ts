import * as boot from '../../lib/log/boot-lines.js';
import * as host from '../../lib/log/host-lines.js';
import type { Line, Sentence } from '../../lib/log/line.js';
import { printed } from '../../lib/log/line.js';
import * as order from '../../lib/log/order-lines.js';
import * as probes from '../../lib/log/probe-lines.js';
import * as warmUp from '../../lib/log/warm-up-lines.js';
import * as shutdown from '../../lib/log/shutdown-lines.js';
import type { ShutdownRecord, ShutdownReport } from '../../lib/engine/record.js';

type AnySentence = Sentence<never[]>;

/** Every line that the module logs, by the name of its sentence, grouped as in lib/log. */
export const SENTENCES: ReadonlyArray<{
  readonly title: string;
  readonly sentences: Readonly<Record<string, AnySentence>>;
}> = [
  { title: 'At boot', sentences: { ...boot, ...host } },
  { title: 'The warm-up', sentences: { ...warmUp } },
  { title: 'Probes and checks', sentences: { ...probes } },
  { title: 'Hooks, their order, and connections', sentences: { ...order } },
  { title: 'During a shutdown', sentences: { ...shutdown } },
];

const record: ShutdownRecord = {
  version: 2,
  reason: { kind: 'signal', signal: 'SIGTERM' },
  outcome: 'clean',
  startedAt: 0,
  durationMs: 7_200,
  phases: [
    { name: 'propagate', outcome: 'done', startMs: 0, durationMs: 6_100, tasks: [] },
    { name: 'drain', outcome: 'done', startMs: 6_100, durationMs: 1_100, tasks: [] },
  ],
  unfinished: [],
};
const forced: ShutdownRecord = {
  ...record,
  outcome: 'forced',
  durationMs: 29_000,
  unfinished: [{ kind: 'request', name: 'GET /reports', ageMs: 21_000, fate: 'cut' }],
};
const reportOf = (of: ShutdownRecord) => of as ShutdownReport;
const error = new Error('connect ECONNREFUSED 10.0.3.9:4318');
const stackless = Object.assign(new Error(), { stack: 'Error: boom\n    at main.ts:12:9' });
const keepAlive = { keepAliveTimeoutMs: 5_000, platform: 'kubernetes', enoughMs: 65_000 } as const;
const clientOf = (tasks: string[]) => ({ client: 'Redis', tasks });

/** One example of each line, by id. */
export const EXAMPLES: ReadonlyMap<string, Line> = new Map(
  [
    boot.ready({
      platform: 'kubernetes',
      gracePeriodMs: 30_000,
      propagationFloorMs: 5_000,
      propagationCapMs: 10_000,
      drainTimeoutMs: Infinity,
      flushTimeoutMs: 2_000,
      closeTimeoutMs: 10_000,
    }),
    warmUp.warmingUp({ names: ['Catalogue@load', 'GET /products x20'], timeoutMs: 30_000 }),
    warmUp.warmedUp({
      durationMs: 1_240,
      parts: [
        { name: 'Catalogue@load', durationMs: 1_100 },
        { name: 'GET /products x20', durationMs: 138 },
      ],
    }),
    warmUp.warmUpFailed({ name: 'GET /products', problem: 'it was answered with 500' }),
    warmUp.warmUpSlow({
      timeoutMs: 30_000,
      running: ['Catalogue@load'],
      waiting: ['GET /products x20'],
    }),
    host.sidecarNotTold({
      sidecar: 'istio',
      url: 'http://127.0.0.1:15020/quitquitquit',
      problem: 'connect ECONNREFUSED 127.0.0.1:15020',
    }),
    host.busyNotPublished('pods "orders-7c" is forbidden'),
    host.graceAssumed({ platform: 'none', gracePeriodMs: 10_000 }),
    boot.shutdownPlan(
      '30 s of grace, at least 13 s needed (announce > propagate > …)\nannounce  …',
    ),
    boot.hooksNotEnabled(),
    boot.decoratedInNoModule([
      { decorator: 'OnFlush', className: 'Telemetry', method: 'push', site: 'src/telemetry.ts:12' },
    ]),
    host.workerThread(),
    boot.switchedOff(),
    shutdown.methodFailed('Telemetry@push', new Error('no route to the collector')),
    shutdown.closeFailed(new Error('the pool was closed twice')),
    host.listenerEndsProcess({
      signals: ['SIGTERM'],
      excerpt: '() => { console.log("bye"); process.exit(0) }',
    }),
    host.listenerClosesEarly({ signals: ['SIGTERM'], excerpt: '() => pool.end()' }),
    host.pm2KillTimeout({ graceMs: 1_600, isDefault: true, wantedMs: 12_000 }),
    host.startedByPidOne({ program: 'sh', swallowsSignals: true }),
    host.startedByPackageManager('npm'),
    boot.forceCloseConnections(),
    boot.return503OnClosing(),
    boot.runtimeGaps({ runtime: 'Bun 1.4.5', closesIdle: true, dropsHalfHeads: false }),
    boot.keepAliveDefault({ ...keepAlive, adapter: 'express' }),
    boot.keepAliveTooShort({ ...keepAlive, keepAliveTimeoutMs: 10_000, adapter: 'fastify' }),
    boot.terminusDelayRemoved(5_000),
    boot.grpcMethodUnknown({ option: 'grpcEndlessMethods', method: 'shop.Orders/Wach' }),
    boot.serverNotFollowed('port 3001'),
    boot.bootRefused({
      name: 'OrderCycleError',
      message: 'The order of the tasks is a circle: A@end -> B@end -> A@end.',
    }),
    boot.requestScopedMethod('Basket@save'),
    probes.probesListen({ host: '0.0.0.0', port: 9000 }),
    probes.metricsListen({ host: '0.0.0.0', port: 9000, path: '/metrics' }),
    probes.noMetrics(),
    probes.scrapeIntervalTooLong({ intervalMs: 60_000, mostMs: 29_000 }),
    probes.lastScrapesCame({ scrapers: 2, waitedMs: 8_400 }),
    probes.lastScrapeMissed({ scrapers: 2, missed: [31_000], waitedMs: 16_500 }),
    probes.probePortTaken({ given: 3000, port: 3000 }),
    probes.probePathTaken({ path: '/health/live' }),
    probes.readinessPathTaken({ path: '/health/ready', route: 'GET /*' }),
    probes.readinessRouteUnaware({ path: '/health/ready' }),
    probes.readinessNotTold({ path: '/health/ready', statusCode: 200 }),
    probes.checkUp({ kind: 'readiness', place: 'DatabaseReadiness@ping' }),
    probes.checkDown(
      { kind: 'readiness', place: 'DatabaseReadiness@ping' },
      'connect ECONNREFUSED 10.0.3.7:5432',
    ),
    probes.balancerOutlastsWait({
      address: '10.0.0.7',
      periodMs: 5_000,
      failures: 3,
      neededMs: 15_300,
      capMs: 10_000,
      platform: 'kubernetes',
    }),
    order.orderWithoutEffect({ place: 'Exporter@push', target: 'Mailer' }),
    order.phaseWithoutHook({ name: 'Mailer', site: 'src/mailer.ts:8' }),
    order.timeoutOverPhase({
      problem:
        "Expected `timeoutMs of Exporter@push` to be at most 2000, which is all that the phase 'flush' can have, got " +
        "60000 (number). The phase 'flush' is over then. Lower it, or raise `flushTimeoutMs`.",
      gracePeriodMs: 10_000,
    }),
    order.lazyModule({ task: 'Reports.onModuleDestroy', site: 'ReportsModule', isHook: true }),
    order.hooksLost(new Error('no such provider')),
    order.clientsNotFound(new Error('no such property')),
    order.clientClosedEarly(clientOf(['Consumer.onModuleDestroy'])),
    order.hookWaitedForClient(clientOf(['Consumer.onModuleDestroy'])),
    order.hookWaitsForMore(clientOf(['Consumer.onModuleDestroy'])),
    shutdown.outOfRotation('SIGUSR2'),
    shutdown.backInRotation('SIGUSR1'),
    shutdown.shutdownBegun({
      reason: record.reason,
      totalMs: 29_000,
      inFlight: '1 request in flight, 2 jobs',
    }),
    shutdown.bootstrapLeft(),
    shutdown.propagateBegun(10_000),
    shutdown.drainBegun({ inFlight: '1 request in flight', leftMs: 20_000 }),
    shutdown.closeBegun(10_000),
    shutdown.phaseBegun({ phase: 'flush', leftMs: 2_000 }),
    shutdown.stillDraining({
      inFlight: '1 request in flight',
      oldest: [{ name: 'GET /reports', ageMs: 12_400 }],
      leftMs: 15_000,
    }),
    shutdown.reportClean(reportOf(record)),
    shutdown.reportTrouble(reportOf(forced)),
    shutdown.lateTraffic(
      'The load balancer still sent traffic 9.6 s after SIGTERM, and the wait for it ended at 10.0 s; 34 requests in its ' +
        'last fifth, most of them from Envoy (private). Raise propagationCapMs to 12000 or more, and the grace period with it',
    ),
    shutdown.uncleanEnd(
      {
        record: {
          process: { pid: 1 },
          phase: 'drain',
          uptimeMs: 3 * 3_600_000,
          inFlight: { http: 2 },
          rssBytes: 498 * 1_048_576,
          memoryLimitBytes: 512 * 1_048_576,
        },
        lastSeenAt: 0,
      },
      2_100,
    ),
    shutdown.noLifeLog('/var/lib/app/life', new Error('EROFS: read-only file system')),
    shutdown.shutdownFailed(stackless),
    shutdown.fatalError('uncaughtException', stackless),
    shutdown.fatalErrorAgain('unhandledRejection', stackless),
    shutdown.secondSignal('SIGINT', forced),
    shutdown.signalRepeated('SIGTERM', 'SIGQUIT'),
    shutdown.exitCalled({ code: 1, caller: 'src/legacy.ts:40', record: forced }),
    shutdown.listenersCut(),
    shutdown.onReportFailed(error),
    shutdown.onReportLate(250),
    shutdown.notHandedOver({ output: 'OpenTelemetry traces', error }),
  ].map((line) => [line.id, line]),
);

/** docs/log-lines.md, made from the sentences and their examples. */
export function logDocs(): string {
  return SENTENCES.flatMap(({ title, sentences }) => [
    `## ${title}`,
    '',
    '| line | meaning | what to do |',
    '| --- | --- | --- |',
    ...Object.values(sentences).map(rowOf),
    '',
  ])
    .join('\n')
    .trim();
}

function rowOf(about: AnySentence): string {
  const line = EXAMPLES.get(about.id);
  if (!line) throw new Error(`test/support/log-docs.ts has no example of ${about.id}`);
  const [text = ''] = printed(line).split('\n');
  const cells = [
    `\`${about.id}\`${about.level === 'log' ? '' : ` **${about.level}**`}<br>${inCell(text.slice(0, -about.id.length - 3))}`,
    about.means,
    about.level === 'log' ? '' : about.toDo,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Text as it is, in a cell of a table. */
function inCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
