import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Probes, ProbeAnswer } from './probes.js';

/** Where the probes are. */
export interface ProbePaths {
  readonly livePath: string;
  readonly readyPath: string;
  readonly startupPath: string;
}

type Ask = (request: IncomingMessage) => Promise<ProbeAnswer>;
/**
 * Asked first: whether the application may have an answer of its own for a request. It then gets the request, and `answer`
 * is kept for the case that it has none.
 */
export type Courtesy = (
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  answer: (response: ServerResponse) => void,
) => boolean;

/** Answers probes on raw requests, below any framework. */
export class ProbeResponder {
  private readonly routes: ReadonlyArray<readonly [path: string, ask: Ask]>;

  constructor(
    probes: Probes,
    paths: ProbePaths,
    private readonly isLeftToTheApplication: Courtesy = () => false,
    /** Told of each answer of the readiness probe. */
    readinessTold: (request: IncomingMessage, ready: boolean) => void = () => undefined,
  ) {
    const readiness = async (request: IncomingMessage): Promise<ProbeAnswer> => {
      const answer = await probes.ready();
      readinessTold(request, answer.status === 200);
      return answer;
    };
    this.routes = [
      [paths.livePath, () => probes.live()],
      [paths.readyPath, readiness],
      [paths.startupPath, () => probes.startup()],
    ];
  }

  /** Answers when the request is for a probe; says whether it was. */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '';
    for (const [path, ask] of this.routes) {
      if (!url.startsWith(path)) continue;
      if (url.length !== path.length && url[path.length] !== '?') continue;
      const answer = answerTo(request.method, () => ask(request));
      if (this.isLeftToTheApplication(request, response, path, answer)) return false;
      answer(response);
      return true;
    }
    return false;
  }
}

function answerTo(
  method: string | undefined,
  ask: () => Promise<ProbeAnswer>,
): (response: ServerResponse) => void {
  if (method === 'GET' || method === 'HEAD') return (response) => void respond(ask, response);
  return (response) => send(response, 405, { message: 'Use GET or HEAD.' }, { Allow: 'GET, HEAD' });
}

async function respond(ask: () => Promise<ProbeAnswer>, response: ServerResponse): Promise<void> {
  try {
    const { status, body } = await ask();
    send(response, status, body);
  } catch {
    // a check's details that are no JSON (a cycle, a BigInt) make the probe unhealthy, not the process
    send(response, 503, { status: 'error', message: 'the result of a check is no JSON' });
  }
}

/** Writes a JSON answer that nobody may cache. */
export function send(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(text); // for HEAD, Node leaves the body out
}
