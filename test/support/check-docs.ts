import { CATALOGUE, ruleOf, type RuleId } from '../../lib/cli/check/rules/catalogue.js';

/** The section of `docs/check.md` that is made from the rules: what each is about, its severity, what to do. */
export function ruleDocs(): string {
  return (Object.keys(CATALOGUE) as RuleId[])
    .map((id) => {
      const { severity, needsPlan, oncePerRun, when, why } = ruleOf(id);
      const marks = [
        severity,
        ...(needsPlan ? ['needs the plan'] : []),
        ...(oncePerRun ? ['once a run'] : []),
      ];
      return `### ${id}\n\n*${marks.join(', ')}.* Reported when ${when}.\n\n${why}`;
    })
    .join('\n\n');
}
