import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';

/** What is around the app: a registry, a broker and a metrics collector, in one server. It says what it has seen. */
export class Outside {
  readonly events: string[] = [];
  metrics = 'none';
  readonly registry = new Set<string>();
  /** The broker answers 503, as if it were down. */
  brokerDown = false;
  private readonly server = createServer((request, response) => void this.serve(request, response));

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method, url = '' } = request;
    if (url === '/events' && this.brokerDown) response.statusCode = 503;
    else if (url === '/events') this.events.push((JSON.parse(body) as { type: string }).type);
    else if (url === '/metrics') this.metrics = body;
    else if (method === 'PUT') this.registry.add(url);
    else if (method === 'DELETE') this.registry.delete(url);
    response.end();
  }
}
