/** What stands between the clients and the replicas. It retries nothing, so it hides nothing. */
export interface Proxy {
  readonly name: string;
  readonly url: string;
  /** From now on the replica gets its share of the traffic. */
  add(replica: string, port: number): Promise<void>;
  /** No new traffic for this replica; what is connected stays connected. */
  remove(replica: string): Promise<void>;
  /** What became of the connection that a client opened from this local port, if this proxy can tell. */
  trace?(clientPort: number): Trace | undefined;
  close(): Promise<void>;
}

export interface Trace {
  replica?: string;
  refused: boolean;
}
