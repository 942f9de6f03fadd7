/** What is in flight, for whoever decides which replica is ended first. */
export interface BusyCounts {
  /** All of it; 0 is idle. */
  readonly total: number;
  /** By source, such as `http` or `BullMQ worker mail`; those with nothing are left out. */
  readonly sources: Readonly<Record<string, number>>;
}
