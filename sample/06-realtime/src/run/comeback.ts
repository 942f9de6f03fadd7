/** A connection ended, and the client came back. */
export interface Comeback {
  /** How it ended: the close code of a WebSocket, `end` or `cut` of a stream. */
  readonly how: string;
  readonly seconds: number;
}
