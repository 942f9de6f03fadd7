/** Which of many things are related to which, as a bit for each pair: a row for each of the one, a column for the other. */
export class BitMatrix {
  private readonly bits: Uint32Array;
  /** 32 columns are one machine word. */
  private readonly words: number;

  constructor(
    private readonly rows: number,
    private readonly columns: number,
  ) {
    this.words = Math.ceil(columns / 32);
    this.bits = new Uint32Array(rows * this.words);
  }

  has(row: number, column: number): boolean {
    return (this.bits[row * this.words + (column >>> 5)] & (1 << (column & 31))) !== 0;
  }

  set(row: number, column: number): void {
    this.bits[row * this.words + (column >>> 5)] |= 1 << (column & 31);
  }

  /** Puts all that another row has into one. */
  join(row: number, other: number): void {
    const { bits, words } = this;
    for (let word = 0; word < words; word += 1)
      bits[row * words + word] |= bits[other * words + word];
  }

  /** The columns of a row, ascending. */
  columnsOf(row: number): number[] {
    return this.uncovered(row, []);
  }

  /** The columns of a row that none of the others has, ascending. */
  uncovered(row: number, others: readonly number[]): number[] {
    const { bits, words } = this;
    const found: number[] = [];
    for (let word = 0; word < words; word += 1) {
      let left = bits[row * words + word];
      for (const other of others) left &= ~bits[other * words + word];
      for (; left !== 0; left &= left - 1) found.push(word * 32 + 31 - Math.clz32(left & -left));
    }
    return found;
  }

  /** How many columns each row has. */
  counts(): number[] {
    return Array.from({ length: this.rows }, (_, row) => this.columnsOf(row).length);
  }

  /**
   * Makes a relation transitive: each row gets the rows that stand `before` it as columns, unless their number is too high
   * for that, and all that these have. The rows come each after those before it.
   */
  close(inOrder: Iterable<number>, before: ReadonlyArray<readonly number[]>): void {
    for (const row of inOrder) {
      for (const other of before[row]) {
        this.join(row, other);
        if (other < this.columns) this.set(row, other);
      }
    }
  }
}
