import { Agent, request } from 'node:http';

/**
 * A client that asks at a steady rate, each time on a connection of its own, whatever becomes of the answers. A kept one
 * could meet a FIN that has arrived while this process, which runs the tests, got no CPU.
 */
export class SteadyLoad {
  /** How many were answered as they should. */
  served = 0;
  /** What became of the others: an error's code, or the status and the body. */
  readonly lost: string[] = [];
  private readonly agent = new Agent({ keepAlive: false });
  private readonly timer: NodeJS.Timeout;
  private readonly open = new Set<Promise<void>>();

  /** @param expected the body that a request has to be answered with */
  constructor(
    private readonly port: number,
    private readonly path: string,
    private readonly expected: string,
    perSecond = 100,
  ) {
    this.timer = setInterval(() => this.send(), 1_000 / perSecond);
  }

  /** Asks no more; resolves when all that were asked are answered or lost. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all(this.open);
    this.agent.destroy();
  }

  private send(): void {
    const outcome = this.ask().then((text) => {
      if (text === `200 ${this.expected}`) this.served += 1;
      else this.lost.push(text);
      this.open.delete(outcome);
    });
    this.open.add(outcome);
  }

  private ask(): Promise<string> {
    const { port, path, agent } = this;
    return new Promise((resolve) => {
      const outgoing = request({ host: '127.0.0.1', port, path, agent }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += String(chunk)));
        response.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'cut'));
        response.on('end', () => resolve(`${response.statusCode} ${body}`));
      });
      outgoing.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      outgoing.end();
    });
  }
}
