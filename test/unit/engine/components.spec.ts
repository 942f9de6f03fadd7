import { describe, expect, it } from '@jest/globals';
import { componentsOf } from '../../../lib/engine/components.js';

function componentsIn(edges: Readonly<Record<string, string>>) {
  return componentsOf(Object.keys(edges), (item) => edges[item]);
}

describe('the components of a graph', () => {
  it('are its circles, and each item that is in none, those that are reached first', () => {
    const { members, numberOf, next } = componentsIn({ a: 'b', b: 'c', c: 'bd', d: '', e: 'ab' });
    expect(members.map((items) => items.toSorted().join(''))).toEqual(['d', 'bc', 'a', 'e']);
    expect(numberOf.get('c')).toBe(1);
    expect(next).toEqual([[], [0], [1], [2, 1]]);
  });

  it('are found in a chain of any length', () => {
    const length = 50_000;
    const { members } = componentsOf([0], (item) => (item < length ? [item + 1] : [0]));
    expect(members.map((items) => items.length)).toEqual([length + 1]);
  });
});
