/** A set of small numbers as bits: one machine word for 32 of them. */
export type Bits = Uint32Array;

export function emptyBits(count: number): Bits {
  return new Uint32Array(Math.ceil(count / 32));
}

export function hasBit(bits: Bits, bit: number): boolean {
  return (bits[bit >>> 5] & (1 << (bit & 31))) !== 0;
}

export function setBit(bits: Bits, bit: number): void {
  bits[bit >>> 5] |= 1 << (bit & 31);
}

/** Puts all of another set into one. */
export function joinBits(bits: Bits, other: Bits): void {
  for (let word = 0; word < bits.length; word += 1) bits[word] |= other[word];
}

/** The numbers in a set, ascending. */
export function bitsOf(bits: Bits): number[] {
  const found: number[] = [];
  for (let word = 0; word < bits.length; word += 1) {
    for (let left = bits[word]; left !== 0; left &= left - 1) {
      found.push(word * 32 + 31 - Math.clz32(left & -left));
    }
  }
  return found;
}
