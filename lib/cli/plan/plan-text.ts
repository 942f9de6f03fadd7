import { relative } from 'node:path';
import { createPlan } from '../../report/plan.js';
import type { PlanData, PlannedCheck, PlannedServer } from '../../report/plan-data.js';
import { countText, limitText } from '../../report/text.js';
import type { Entry } from '../entry/find-entry.js';
import type { Constructed } from '../entry/job.js';

/** A plan, and what it took to make it. */
export interface MadePlan {
  readonly plan: PlanData;
  readonly constructed: Constructed;
  /** The application does not have the module. */
  readonly added: boolean;
}

/** The plan for a terminal, and what it took to make it. */
export function planText(
  { plan, constructed, added }: MadePlan,
  entry: Entry,
  cwd: string,
): string {
  const facts = factsOf(plan).map(([name, text]) => `${name.padEnd(12)}${text}`);
  return [
    `${relative(cwd, entry.file) || entry.file} on ${plan.platform}`,
    createPlan(plan).toString(),
    '',
    ...facts,
    '',
    constructedText(constructed, plan.complete),
    ...(added
      ? ['The application does not have GracefulModule: this is its plan with forRoot().']
      : []),
  ].join('\n');
}

function factsOf(plan: PlanData): Array<[string, string]> {
  const { signals, exit, probes, servers, transports, sources } = plan;
  const actions = [
    ...(signals.drain === undefined ? [] : [`${signals.drain} drains`]),
    ...(signals.resume === undefined ? [] : [`${signals.resume} resumes`]),
  ];
  return [
    ['signals', [signals.stop.join(', '), ...actions].join('; ')],
    ['exit code', `${exit.clean} clean, ${exit.forced} forced`],
    ['probes', probes ? probeText(probes) : 'none'],
    ...(probes?.checks ?? []).map(checkRow),
    ...servers.map((server): [string, string] => ['server', serverText(server)]),
    ...transports.map(({ name, port }): [string, string] => [
      'transport',
      port === undefined ? name : `${name}, port ${port}`,
    ]),
    ...sources.map(({ name, integration }): [string, string] => [
      'source',
      `${name} (${integration})`,
    ]),
  ];
}

function probeText({ port, readyPath, livePath, startupPath }: NonNullable<PlanData['probes']>) {
  const where = port === undefined ? "the application's port" : `port ${port}`;
  return `${readyPath}, ${livePath}, ${startupPath} on ${where}`;
}

function checkRow({ name, kind, timeoutMs, reaches }: PlannedCheck): [string, string] {
  const reach = reaches.length > 0 ? `, reaches ${reaches.join(', ')}` : '';
  return ['check', `${name}: ${kind}, at most ${limitText(timeoutMs)}${reach}`];
}

function serverText({ tls, http2, port, keepAliveTimeoutMs }: PlannedServer): string {
  const where = port === undefined ? '' : `, port ${port}`;
  const protocol = `${http2 ? 'HTTP/2' : 'HTTP/1.1'}${tls ? ' with TLS' : ''}${where}`;
  if (keepAliveTimeoutMs === undefined) return protocol;
  return `${protocol}, keeps idle connections for ${limitText(keepAliveTimeoutMs)}`;
}

function constructedText(
  { modules, providers, factories }: Constructed,
  complete: boolean,
): string {
  const made = `Constructed ${providers} providers, of ${countText(modules, 'module')}`;
  const by = factories.length > 0 ? `, by factories: ${factories.join(', ')}` : '';
  const hooks = complete
    ? 'Init hooks were run.'
    : 'Init hooks were not run: what they make is not in the plan (--init).';
  return `${made}${by}. ${hooks}`;
}
