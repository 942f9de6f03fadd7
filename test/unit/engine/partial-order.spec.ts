import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PartialOrder } from '../../../lib/engine/partial-order.js';
import { check } from '../../support/property.js';

/** Items `a`, `b`, … and the relations given as `ab`: a before b. */
function ordered(items: string, ...relations: string[]): PartialOrder<string> {
  const order = new PartialOrder(items.split(''));
  for (const [first, second] of relations) expect(order.add(first, second)).toBeUndefined();
  return order;
}

describe('a partial order', () => {
  it('knows what was added, and not the reverse', () => {
    const order = ordered('abc', 'ab');
    expect(order.precedes('a', 'b')).toBe(true);
    expect(order.precedes('b', 'a')).toBe(false);
    expect(order.precedes('a', 'c')).toBe(false);
    expect(order.precedes('a', 'a')).toBe(false);
  });

  it.each([
    ['from the front', ['ab', 'bc', 'cd']],
    ['from the back', ['cd', 'bc', 'ab']],
    ['from both ends', ['ab', 'cd', 'bc']],
  ])('is transitive, also when it grows %s', (_, relations) => {
    const order = ordered('abcd', ...relations);
    for (const [first, second] of ['ab', 'ac', 'ad', 'bc', 'bd', 'cd']) {
      expect(order.precedes(first, second)).toBe(true);
      expect(order.precedes(second, first)).toBe(false);
    }
  });

  it('refuses what contradicts it, and names the way round', () => {
    const order = ordered('abcd', 'ab', 'bc', 'cd');
    expect(order.add('d', 'a')).toEqual(['a', 'b', 'c', 'd']);
    expect(order.add('c', 'b')).toEqual(['b', 'c']);
    expect(order.add('a', 'a')).toEqual(['a']);
  });

  it('names a shortest way round', () => {
    const order = ordered('abcde', 'ab', 'bc', 'cd', 'ae', 'ed');
    expect(order.add('d', 'a')).toEqual(['a', 'e', 'd']);
  });

  it('is unchanged by what it refuses', () => {
    const order = ordered('abc', 'ab');
    order.add('b', 'a');
    expect(order.precedes('b', 'a')).toBe(false);
    expect(order.add('b', 'c')).toBeUndefined();
    expect(order.add('c', 'a')).toEqual(['a', 'b', 'c']);
  });

  it('takes the same relation again', () => {
    const order = ordered('abc', 'ab', 'bc', 'ab', 'ac');
    expect(order.directlyBefore('c')).toEqual(['b']);
  });

  it('gives back the order it was given when nothing is related', () => {
    expect(ordered('cab').sorted()).toEqual(['c', 'a', 'b']);
  });

  it('sorts what is related, and keeps those with equally many before them as they were', () => {
    expect(ordered('dcba', 'ad', 'bd').sorted()).toEqual(['c', 'b', 'a', 'd']);
  });

  it('leaves out of the direct ones those that another brings along', () => {
    const order = ordered('abcd', 'ad', 'ab', 'bd', 'cd');
    expect(order.directlyBefore('d')).toEqual(['b', 'c']);
    expect(order.directlyBefore('a')).toEqual([]);
  });

  it('has no limit of 32 items', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    const order = new PartialOrder(items);
    for (const item of items.slice(1)) order.add(item - 1, item);
    expect(order.precedes(0, 99)).toBe(true);
    expect(order.precedes(31, 32)).toBe(true);
    expect(order.precedes(64, 31)).toBe(false);
    expect(order.add(99, 0)).toEqual(items);
  });

  it('takes many relations at once, or none of them, and names those in circles', () => {
    const order = ordered('abcde', 'ab');
    const asPairs = (...relations: string[]) =>
      relations.map(([first, second]) => [first, second] as const);
    expect(order.addAll(asPairs('bc', 'ca', 'cd', 'de'))).toEqual(new Set(['a', 'b', 'c']));
    expect(order.precedes('b', 'c') || order.precedes('c', 'd')).toBe(false);
    expect(order.addAll(asPairs('bc', 'cd', 'ed'))).toBeUndefined();
    expect(order.add('d', 'a')).toEqual(['a', 'b', 'c', 'd']);
    expect(order.directlyBefore('d')).toEqual(['c', 'e']);
  });

  it('relates items through a point, which is none of them', () => {
    const order = ordered('abc', 'ab');
    order.addPoint('.');
    expect(order.isUsed('.')).toBe(false);
    expect(
      order.addAll([
        ['b', '.'],
        ['.', 'c'],
      ] as const),
    ).toBeUndefined();
    expect(order.isUsed('.')).toBe(true);
    expect(order.precedes('a', 'c')).toBe(true);
    expect(order.directlyBefore('c')).toEqual(['b']);
    expect(order.sorted()).toEqual(['a', 'b', 'c']);
  });

  it('finds of contradicting wishes those that the first ones leave', () => {
    const order = ordered('abc', 'ab');
    const wishes = [
      ['b', 'c'],
      ['c', 'a'],
      ['a', 'c'],
    ] as const;
    expect(order.fitting(new Set('abc'), wishes)).toEqual([['b', 'c']]);
    expect(order.withoutContradictions(wishes)).toEqual([...wishes]);
    expect(order.withoutContradictions([['b', 'a']])).toEqual([]);
  });

  it('knows only its own items', () => {
    expect(() => ordered('ab').add('a', 'x')).toThrow(RangeError);
    expect(() => ordered('ab').precedes('x', 'a')).toThrow(RangeError);
    expect(() => ordered('ab').directlyBefore('x')).toThrow(RangeError);
  });
});

/** The same, as one would write it down first: a list of relations, and a search for every question. */
class NaiveOrder {
  private readonly relations: Array<readonly [number, number]> = [];

  add(first: number, second: number): boolean {
    if (first === second || this.precedes(second, first)) return false;
    if (!this.precedes(first, second)) this.relations.push([first, second]);
    return true;
  }

  precedes(first: number, second: number): boolean {
    const next = this.relations.flatMap(([from, to]) => (from === first ? [to] : []));
    return next.some((item) => item === second || this.precedes(item, second));
  }

  /** How long the shortest way is, counted in items. */
  distance(from: number, to: number): number {
    if (from === to) return 1;
    const next = this.relations.flatMap(([first, second]) => (first === from ? [second] : []));
    return 1 + Math.min(Infinity, ...next.map((item) => this.distance(item, to)));
  }
}

/** Few items and many relations, so that contradictions are common; sometimes more items than a word has bits. */
const wishes = fc
  .record({ count: fc.integer({ min: 1, max: 7 }), offset: fc.constantFrom(0, 29, 60) })
  .chain(({ count, offset }) => {
    const item = fc.integer({ min: offset, max: offset + count - 1 });
    return fc.record({
      items: fc.constant(Array.from({ length: offset + count }, (_, index) => index)),
      used: fc.constant(Array.from({ length: count }, (_, index) => offset + index)),
      pairs: fc.array(fc.tuple(item, item), { maxLength: 14 }),
    });
  });

interface Wishes {
  readonly items: number[];
  readonly used: number[];
  readonly pairs: ReadonlyArray<readonly [number, number]>;
}

function build({ items, pairs }: Wishes): { order: PartialOrder<number>; naive: NaiveOrder } {
  const order = new PartialOrder(items);
  const naive = new NaiveOrder();
  for (const [first, second] of pairs) {
    order.add(first, second);
    naive.add(first, second);
  }
  return { order, naive };
}

describe('any partial order', () => {
  it('accepts and refuses what a naive one does, and proves each refusal', async () => {
    await check(wishes, ({ items, pairs }) => {
      const order = new PartialOrder(items);
      const naive = new NaiveOrder();
      for (const [first, second] of pairs) {
        const path = order.add(first, second);
        const distance = naive.distance(second, first);
        expect(path === undefined).toBe(naive.add(first, second));
        if (!path) continue;
        expect([path[0], path.at(-1)]).toEqual([second, first]);
        expect(path).toHaveLength(distance);
        for (const [index, item] of path.slice(1).entries()) {
          expect(naive.precedes(path[index], item)).toBe(true);
        }
      }
    });
  });

  it('knows of every two items which comes first, as a naive one does', async () => {
    await check(wishes, (given) => {
      const { order, naive } = build(given);
      for (const first of given.used) {
        const after = (known: { precedes(a: number, b: number): boolean }) =>
          given.items.filter((second) => known.precedes(first, second));
        expect(after(order)).toEqual(after(naive));
      }
    });
  });

  it('is sorted into all its items, none before one that precedes it, and the same ones each time', async () => {
    await check(wishes, (given) => {
      const { order, naive } = build(given);
      const sorted = order.sorted();
      expect(sorted.toSorted((a, b) => a - b)).toEqual(given.items);
      const late = sorted.filter((second, at) =>
        sorted.slice(at).some((first) => naive.precedes(first, second)),
      );
      expect(late).toEqual([]);
      expect(build(given).order.sorted()).toEqual(sorted);
    });
  });

  it('names as direct the fewest from which all others follow', async () => {
    await check(wishes, (given) => {
      const { order, naive } = build(given);
      for (const item of given.used) {
        const before = given.used.filter((other) => naive.precedes(other, item));
        const direct = before.filter((one) => !before.some((other) => naive.precedes(one, other)));
        expect(order.directlyBefore(item)).toEqual(direct);
      }
    });
  });
});
