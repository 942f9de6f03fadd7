export const SEVERITIES = ['note', 'warning', 'error'] as const;

/** `error`: work will be lost or the application killed. `warning`: it will, in a case that is not rare. `note`: worth knowing. */
export type Severity = (typeof SEVERITIES)[number];

/** Whether a severity is at or above another. */
export function reaches(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}
