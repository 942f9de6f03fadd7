import { pageOf, type Outcome } from './outcome.js';

/** For programs: versioned, with everything that is known of a finding. */
export function asJson({ findings, unreadable, counts, hasPlan }: Outcome): string {
  const data = {
    version: 1,
    plan: hasPlan,
    findings: findings.map(({ rule, severity, place, subject, message, remedy, edit, from }) => ({
      rule,
      severity,
      file: place.file,
      line: place.line,
      subject,
      message,
      remedy,
      fixable: edit !== undefined,
      ...(from !== undefined && { template: from }),
      page: pageOf(rule),
    })),
    unreadable: unreadable.map(({ place, message }) => ({
      file: place.file,
      line: place.line,
      message,
    })),
    summary: {
      error: findings.filter(({ severity }) => severity === 'error').length,
      warning: findings.filter(({ severity }) => severity === 'warning').length,
      note: findings.filter(({ severity }) => severity === 'note').length,
      ...counts,
    },
  };
  return JSON.stringify(data, undefined, 2);
}
