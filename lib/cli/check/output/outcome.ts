import type { Finding, Unreadable } from '../finding.js';

/** What a run has found, as every output has it. */
export interface Outcome {
  /** By file and line. */
  readonly findings: readonly Finding[];
  readonly unreadable: readonly Unreadable[];
  readonly counts: { readonly checked: number; readonly templates: number };
  readonly hasPlan: boolean;
}

const PAGE = 'https://github.com/nestjs-graceful/nestjs-graceful/blob/main/docs/check.md';

/** The page that explains a rule. */
export function pageOf(rule: string): string {
  return `${PAGE}#${rule.replaceAll('/', '')}`;
}
