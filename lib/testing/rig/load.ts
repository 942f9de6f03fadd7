import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { performance } from 'node:perf_hooks';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import {
  OUTCOMES,
  outcomeOfError,
  outcomeOfStatus,
  RequestTimeout,
  type Answer,
  type Outcome,
} from './outcome.js';
import type { Trace } from './proxy.js';

export interface PlannedRequest {
  /** What the figures and failures call it. */
  name: string;
  method: 'GET' | 'POST';
  path: string;
  body?: string;
  /** The status of a right answer. @default any of 200 to 299 */
  status?: number;
  /** On a connection of its own, and not on one that is kept. @default false */
  newConnection?: boolean;
  /** Has a complete 2xx answer everything it should have? @default any body will do */
  isWhole?: (answer: Answer) => boolean;
  /** Called once, with what the client saw. */
  onOutcome?: (outcome: Outcome, answer?: Answer) => void;
}

export interface LoadOptions {
  url: string;
  ratePerSecond: number;
  plan: () => PlannedRequest;
  /** Independent clients, each with its own keep-alive pool: most of their connections are idle at any moment. @default 24 */
  clients?: number;
  /** A well-behaved client gives an idle connection up before the server (5 s in Node) does. @default 4000 */
  idleSocketMs?: number;
  /** @default 15000 */
  requestTimeoutMs?: number;
  /** Lets the proxy say which replica a failed request went to, and whether it was refused there. */
  trace?: (clientPort: number) => Trace | undefined;
}

/** When a request was sent and when its outcome was known, on the clock of `performance.now()`. */
export interface Settled {
  sentAt: number;
  endedAt: number;
  ok: boolean;
}

export interface Failure {
  request: string;
  outcome: Outcome;
  /** ECONNRESET, 502, … */
  code: string;
  /** When it was sent and when it failed, on the clock of `performance.now()`. */
  sentAt: number;
  failedAt: number;
  reusedConnection: boolean;
  replica?: string;
}

/**
 * An open-loop load: requests leave at a constant rate whatever the answers do, because real clients do not wait for
 * each other. It retries nothing.
 */
export class Load {
  readonly counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<
    Outcome,
    number
  >;
  readonly failures: Failure[] = [];
  /** Every request that has its outcome, in the order of that. */
  readonly settled: Settled[] = [];
  sent = 0;
  private readonly inFlight = new Set<ClientRequest>();
  private readonly agents: Agent[];
  private readonly target: URL;
  private timer?: NodeJS.Timeout;
  private idle?: () => void;

  constructor(private readonly options: LoadOptions) {
    const { clients = 24, idleSocketMs = 4_000 } = options;
    this.target = new URL(options.url);
    this.agents = Array.from(
      { length: clients },
      () => new Agent({ keepAlive: true, timeout: idleSocketMs }),
    );
  }

  get inFlightCount(): number {
    return this.inFlight.size;
  }

  start(): void {
    const startedAt = performance.now();
    this.timer = setInterval(() => {
      const due = Math.floor(
        ((performance.now() - startedAt) / 1_000) * this.options.ratePerSecond,
      );
      while (this.sent < due) this.send(this.options.plan());
    }, 2);
  }

  /** No more requests; resolves when every one has its outcome. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    if (this.inFlight.size > 0) await new Promise<void>((resolve) => (this.idle = resolve));
    for (const agent of this.agents) agent.destroy();
  }

  private send(planned: PlannedRequest): void {
    const kept = this.agents[this.sent++ % this.agents.length];
    const agent = planned.newConnection ? false : kept;
    const sentAt = performance.now();
    const sending = request({
      host: this.target.hostname,
      port: this.target.port,
      agent,
      method: planned.method,
      path: planned.path,
      headers: planned.body
        ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(planned.body) }
        : {},
    });
    this.inFlight.add(sending);
    const { requestTimeoutMs = 15_000 } = this.options;
    const timer = setTimeout(() => sending.destroy(new RequestTimeout()), requestTimeoutMs);
    let clientPort: number | undefined;
    sending.once('socket', (socket) => {
      if (socket.localPort) clientPort = socket.localPort;
      else socket.once('connect', () => (clientPort = socket.localPort));
    });

    let settled = false;
    const settle = (seen: Outcome, code: string, answer?: Answer): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      const trace = clientPort === undefined ? undefined : this.options.trace?.(clientPort);
      const outcome = seen === 'reset' && trace?.refused ? 'refused' : seen;
      this.counts[outcome]++;
      const endedAt = performance.now();
      this.settled.push({ sentAt, endedAt, ok: outcome === 'ok' });
      if (outcome !== 'ok') {
        this.failures.push({
          request: planned.name,
          outcome,
          code,
          sentAt,
          failedAt: endedAt,
          reusedConnection: sending.reusedSocket,
          replica: trace?.replica,
        });
      }
      planned.onOutcome?.(outcome, answer);
      this.inFlight.delete(sending);
      if (this.inFlight.size === 0) this.idle?.();
    };

    sending.once('response', (response) => {
      read(response).then(
        (answer) => {
          const outcome = outcomeOfStatus(answer.status, planned.status);
          const whole = outcome !== 'ok' || (planned.isWhole?.(answer) ?? true);
          settle(whole ? outcome : 'truncated', String(answer.status), answer);
        },
        (error: NodeJS.ErrnoException) =>
          settle(error.code === 'TIMEOUT' ? 'timeout' : 'truncated', error.code ?? error.message),
      );
    });
    sending.on('error', (error: NodeJS.ErrnoException) =>
      settle(outcomeOfError(error), error.code ?? error.message),
    );
    sending.end(planned.body);
  }
}

/** Rejects when the body ends before it is complete. */
async function read(response: IncomingMessage): Promise<Answer> {
  let body = '';
  response.setEncoding('utf8');
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, body };
}
