import { request } from 'node:http';

/** Where to, and how. */
export interface Question {
  readonly port: number;
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body of one answer on a connection of its own; of a request that was lost, how. Never rejects. */
export function ask(to: Question, body?: object): Promise<string> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'content-type': 'application/json', ...to.headers };
  return new Promise((resolve) => {
    const lost = (error: NodeJS.ErrnoException) => resolve(`lost: ${error.code ?? error.message}`);
    const asking = request({ host: '127.0.0.1', agent: false, ...to, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (answer += chunk));
      response.on('error', lost);
      response.on('end', () => resolve(answer));
    });
    asking.on('error', lost);
    asking.end(text);
  });
}
