import { check } from '../../../../lib/cli/check/check.js';
import type { CheckContext, Settings } from '../../../../lib/cli/check/context.js';
import { formatByContent } from '../../../../lib/cli/check/formats.js';
import type { Input } from '../../../../lib/cli/check/inputs.js';
import { Source } from '../../../../lib/cli/check/text/source.js';
import { PLAN } from './plan.js';

/** A file that was named on the command line, with no place on disk. */
export function inputOf(name: string, text: string): Input {
  return { source: new Source(name, text), format: formatByContent(name, text), isNamed: true };
}

/** What is found in files, by their names, with the plan of 30 s. */
export function checkFiles(
  files: Readonly<Record<string, string>>,
  settings: Settings = { plan: PLAN },
): CheckContext {
  return check(
    Object.entries(files).map(([name, text]) => inputOf(name, text)),
    settings,
  );
}

export function rulesOf({ findings }: CheckContext): string[] {
  return findings.map(({ rule }) => rule).toSorted();
}
