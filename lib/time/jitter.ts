/** A time with up to a tenth more or less, in milliseconds: what began together does not end together. */
export function withJitter(ms: number): number {
  return Math.round(ms * (0.9 + Math.random() * 0.2));
}
