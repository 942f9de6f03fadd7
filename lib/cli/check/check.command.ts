import { readFileSync, writeFileSync } from 'node:fs';
import { EXIT, type Command, type Terminal } from '../command.js';
import { commandArguments } from '../command-arguments.js';
import { countText } from '../../report/text.js';
import { UsageError } from '../usage-error.js';
import { check } from './check.js';
import type { CheckContext, Settings } from './context.js';
import { applied } from './edits.js';
import { renderedCharts } from './helm.js';
import type { Finding } from './finding.js';
import { reaches, SEVERITIES, type Severity } from './severity.js';
import { readInputs, type Input } from './inputs.js';
import { asGithub } from './output/github.js';
import { asJson } from './output/json.js';
import { asJunit } from './output/junit.js';
import type { Outcome } from './output/outcome.js';
import { asSarif } from './output/sarif.js';
import { asText } from './output/text.js';
import type { PlanFacts } from './plan-facts.js';
import { planOfEntry, readPlan } from './read-plan.js';
import { CONFIGURATION_FILE, readConfiguration, switchedOff } from './switches.js';

const FORMATS = ['text', 'json', 'sarif', 'github', 'junit'] as const;

const OPTIONS = {
  plan: { type: 'string' },
  entry: { type: 'string' },
  'no-plan': { type: 'boolean' },
  container: { type: 'string' },
  target: { type: 'string' },
  kubernetes: { type: 'string' },
  format: { type: 'string' },
  'fail-on': { type: 'string' },
  fix: { type: 'boolean' },
  strict: { type: 'boolean' },
  helm: { type: 'string', multiple: true },
  values: { type: 'string', multiple: true },
  config: { type: 'string' },
} as const;

const HELP = `Usage: nestjs-graceful check [files…] [options]

Holds manifests against the application's plan: times, probes, signals, commands, rollout. Reads Kubernetes YAML,
Dockerfiles, compose.yaml, ECS task definitions, systemd units, PM2 ecosystem files, Procfiles, fly.toml, render.yaml,
railway.json and Nomad JSON. Folders are searched; - is standard input:

  helm template ./chart | nestjs-graceful check - --plan plan.json

  files                    files, folders, or - (the working folder)
  --plan <file>            the application's plan, from: nestjs-graceful plan --json (- is standard input)
  --entry <entry>          the built application, whose plan is made then: as nestjs-graceful plan takes it
  --no-plan                only what needs no plan
  --container <name>       the container, service or process that is the application
  --target <stage>         the stage of a Dockerfile
  --kubernetes <version>   such as 1.28: says which fields it does not have
  --format <format>        ${FORMATS.join(', ')} (text)
  --fail-on <severity>     exit 1 from this severity on: ${SEVERITIES.toReversed().join(', ')} (error)
  --strict                 exit 1 for warnings, and for templates that could not be checked
  --helm <chart>           renders a chart with helm template, and checks what comes out
  --values <file>          the chart's values; several are variants, of which each is rendered and checked by itself
  --fix                    writes the changes that are safe, keeping comments and order
  --config <file>          which rules are off, and why (${CONFIGURATION_FILE})

A comment # nestjs-graceful-disable-next-line <rule> switches a rule off for a line, # nestjs-graceful-disable <rule>
for the file. Security, schemas and images are the business of kubeconform and its like.
Exit codes: 0 clean, 1 findings at or above --fail-on, 2 wrong usage or an unreadable file.`;

export const command: Command = { help: HELP, run };

async function run(args: readonly string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = commandArguments(args, OPTIONS);
  const configuration = readConfiguration(terminal.cwd, values.config);
  const format = oneOf('--format', values.format ?? 'text', FORMATS);
  if (values.strict && values['fail-on'] !== undefined) {
    throw new UsageError('--strict and --fail-on exclude each other');
  }
  const given = values.strict ? 'warning' : (values['fail-on'] ?? configuration.failOn ?? 'error');
  const failOn = oneOf('--fail-on', given, SEVERITIES);
  if (values.entry !== undefined && values.plan !== undefined) {
    throw new UsageError('--entry and --plan exclude each other');
  }
  const source = { plan: values.plan ?? configuration.plan, entry: values.entry };
  const plan = values['no-plan'] ? undefined : await planOf(source, positionals, terminal);
  const kubernetes = versionOf(values.kubernetes ?? configuration.kubernetes);
  const charts = await renderedCharts(values.helm ?? [], values.values ?? [], terminal);
  const files = positionals.length > 0 || charts.length > 0 ? positionals : ['.'];
  const { inputs, unreadable } = await readInputs(files, terminal);
  const container = values.container ?? configuration.container;
  const { isOff, unknown } = switchedOff([...inputs, ...charts], configuration);
  for (const { name, place } of unknown) {
    terminal.err(`${place.file}:${place.line}: there is no rule '${name}' to switch off\n`);
  }
  const settings = { plan, kubernetes, container, target: values.target, isOff };
  const context = checkVariants(inputs, charts, settings);
  const found = context.findings.toSorted(inOrder);
  const findings = values.fix ? fixed(found, inputs, terminal) : found;
  const outcome: Outcome = {
    findings,
    unreadable: [...unreadable, ...context.unreadable],
    counts: context.counts,
    hasPlan: plan !== undefined,
  };
  terminal.out(`${written(outcome, format, terminal)}\n`);
  return exitCode(outcome, failOn, values.strict === true);
}

type Checked = Pick<CheckContext, 'findings' | 'unreadable' | 'counts'>;

/** Each rendering of a chart is a cluster of its own; what is found in several is said once. */
function checkVariants(
  inputs: readonly Input[],
  charts: readonly Input[],
  settings: Settings,
): Checked {
  if (charts.length === 0) return check(inputs, settings);
  const runs = charts.map((chart) => check([...inputs, chart], settings));
  const findings = new Map(
    runs
      .toReversed()
      .flatMap((run) => run.findings.toReversed())
      .map((finding) => [keyOf(finding), finding] as const),
  );
  const unreadable = new Map(
    runs
      .flatMap((run) => run.unreadable)
      .map((one) => [`${one.place.file}:${one.place.line}`, one] as const),
  );
  const sum = (key: 'checked' | 'templates') =>
    runs.reduce((total, { counts }) => total + counts[key], 0);
  return {
    findings: [...findings.values()],
    unreadable: [...unreadable.values()],
    counts: { checked: sum('checked'), templates: sum('templates') },
  };
}

function keyOf({ rule, subject, message, from, place }: Finding): string {
  return [rule, subject, message, from ?? `${place.file}:${place.line}`].join('\n');
}

function oneOf<Name extends string>(option: string, given: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === given);
  if (found === undefined)
    throw new UsageError(`${option} has to be one of ${names.join(', ')}, not '${given}'`);
  return found;
}

async function planOf(
  { plan: file, entry }: { readonly plan: string | undefined; readonly entry: string | undefined },
  files: readonly string[],
  terminal: Terminal,
): Promise<PlanFacts | undefined> {
  if (entry !== undefined) return planOfEntry(entry, terminal);
  if (file === '-' && files.includes('-')) {
    throw new UsageError('standard input can be the plan or a file, not both');
  }
  return file === undefined ? undefined : readPlan(file, terminal);
}

function versionOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const version = /^v?(1\.\d+)(?:\.\d+)?$/.exec(text)?.[1];
  if (version === undefined)
    throw new UsageError(`--kubernetes has to be a version such as 1.28, not '${text}'`);
  return version;
}

function inOrder(a: Finding, b: Finding): number {
  if (a.place.file !== b.place.file) return a.place.file < b.place.file ? -1 : 1;
  return a.place.line - b.place.line;
}

/** Writes what can be written; what is left has still to be done. */
function fixed(
  findings: readonly Finding[],
  inputs: readonly Input[],
  terminal: Terminal,
): readonly Finding[] {
  const done = new Set<Finding>();
  for (const { source } of inputs) {
    const own = findings.filter(({ edit }) => edit?.source === source);
    if (own.length === 0 || source.path === undefined) continue;
    const bytes = readFileSync(source.path, 'utf8');
    const mark = bytes.startsWith('\uFEFF') ? '\uFEFF' : '';
    const { text, made } = applied(
      source.text,
      own.flatMap(({ edit }) => edit ?? []),
    );
    writeFileSync(source.path, mark + text);
    for (const finding of own) done.add(finding);
    terminal.err(`${source.file}: ${countText(made, 'change')} written\n`);
  }
  return findings.filter((finding) => !done.has(finding));
}

function written(outcome: Outcome, format: (typeof FORMATS)[number], terminal: Terminal): string {
  if (format === 'json') return asJson(outcome);
  if (format === 'sarif') return asSarif(outcome);
  if (format === 'github') return asGithub(outcome);
  if (format === 'junit') return asJunit(outcome);
  return asText(outcome, terminal.isInteractive && terminal.env['NO_COLOR'] === undefined);
}

function exitCode(
  { findings, unreadable, counts }: Outcome,
  failOn: Severity,
  isStrict: boolean,
): number {
  if (unreadable.length > 0) return EXIT.unusable;
  if (isStrict && counts.templates > 0) return EXIT.found;
  return findings.some(({ severity }) => reaches(severity, failOn)) ? EXIT.found : EXIT.clean;
}
