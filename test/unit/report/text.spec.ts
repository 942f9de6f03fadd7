import { describe, expect, it } from '@jest/globals';
import { durationText, limitText, rangeText } from '../../../lib/report/text.js';

describe('a time in words', () => {
  it.each([
    [0, '0 ms', '0 ms'],
    [30, '30 ms', '30 ms'],
    [999.4, '999 ms', '999 ms'],
    [999.5, '1 s', '1.0 s'],
    [1_000, '1 s', '1.0 s'],
    [1_540, '1.5 s', '1.5 s'],
    [30_000, '30 s', '30.0 s'],
  ])('%d ms is %s when it was set, and %s when it was measured', (ms, limit, duration) => {
    expect(limitText(ms)).toBe(limit);
    expect(durationText(ms)).toBe(duration);
  });

  it.each([
    [5_000, 10_000, '5 to 10 s'],
    [0, 10_000, '0 to 10 s'],
    [250, 1_000, '250 ms to 1 s'],
    [250, 500, '250 to 500 ms'],
    [0, 500, '0 to 500 ms'],
  ])('from %d to %d ms', (least, most, text) => {
    expect(rangeText(least, most)).toBe(text);
  });
});
