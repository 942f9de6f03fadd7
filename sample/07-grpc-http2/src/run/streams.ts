export interface Place {
  readonly stopsLeft: number;
}

/** Streams of places, and what became of them. */
export class Streams {
  begun = 0;
  whole = 0;
  cut = 0;
  private readonly underWay = new Set<AsyncIterable<Place>>();

  /** How many have brought something, and not all. */
  get arriving(): number {
    return this.underWay.size;
  }

  /** Reads one to its end, or to another. */
  async read(places: AsyncIterable<Place>): Promise<void> {
    this.begun += 1;
    if (await this.arrives(places).catch(() => false)) this.whole += 1;
    else this.cut += 1;
    this.underWay.delete(places);
  }

  private async arrives(places: AsyncIterable<Place>): Promise<boolean> {
    let arrived = false;
    for await (const { stopsLeft } of places) {
      this.underWay.add(places);
      arrived = stopsLeft === 0;
    }
    return arrived;
  }
}
