import type { Command } from './command.js';

/** A sub-command. Its file is loaded when it is asked for, and not before. */
export interface CommandRow {
  readonly name: string;
  /** One line for `nestjs-graceful --help`. */
  readonly about: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every sub-command, in the order of the help text. */
export const COMMANDS: readonly CommandRow[] = [
  {
    name: 'plan',
    about: 'How an application will stop, as text, JSON or a flowchart',
    load: () => import('./plan/plan.command.js'),
  },
  {
    name: 'rehearse',
    about: 'What a rolling deploy of an application loses, without the module and with it',
    load: () => import('./rehearse/rehearse.command.js'),
  },
  {
    name: 'report',
    about: 'Draws shutdown reports, compares two, or summarises many',
    load: () => import('./report/report.command.js'),
  },
  {
    name: 'check',
    about: "Holds manifests against the application's plan: times, probes, signals, rollout",
    load: () => import('./check/check.command.js'),
  },
  {
    name: 'manifest',
    about: "Writes what the application's plan asks of its platform",
    load: () => import('./manifest/manifest.command.js'),
  },
  {
    name: 'probe',
    about: 'Asks a probe of the application on this machine, for a HEALTHCHECK without curl',
    load: () => import('./probe/probe.command.js'),
  },
];
