import type { ServerResponse } from 'node:http';

/**
 * The responses to requests that came on a connection which was open before the server was followed, or which the
 * runtime does not show as the one that it has announced. On Node there are none of the second kind.
 */
export class StrayResponses {
  private readonly open = new Set<ServerResponse>();

  constructor(private readonly onOver: () => void) {}

  add(response: ServerResponse): void {
    this.open.add(response);
    const over = () => {
      if (this.open.delete(response)) this.onOver();
    };
    response.once('finish', over);
    response.once('close', over);
  }

  unfinished(): ServerResponse[] {
    return [...this.open];
  }
}
