import type { WorkSource } from '../../engine/integration.js';

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`, by name or number as the service itself has it. */
type Status = string | number;
interface Health {
  readonly status?: Status;
}

interface Call {
  readonly request?: { readonly service?: string };
  write: (health: Health) => unknown;
  once(event: 'close', listener: () => void): unknown;
}

type Reply = (error: unknown, health?: Health | null, ...rest: unknown[]) => void;

/** What `addService` of `@grpc/grpc-js` keeps for each method; read anew for each call. */
interface Handler {
  func: (call: Call, reply: Reply) => unknown;
}

const SERVICE = '/grpc.health.v1.Health';

/** Kubernetes can ask for a service by name; a liveness probe must not fail because we are leaving. */
const LIVENESS = /live/i;

/**
 * The health service of a gRPC server, whoever has written it: while the server is about to go, `SERVING` of any service
 * is `NOT_SERVING`, for who asks and for who watches.
 */
export function grpcHealthSource(handlers: ReadonlyMap<string, object>): WorkSource | undefined {
  const check = handlers.get(`${SERVICE}/Check`) as Handler | undefined;
  const watch = handlers.get(`${SERVICE}/Watch`) as Handler | undefined;
  if (!check && !watch) return undefined;
  const health = new LeavingHealth();
  if (check) check.func = health.check(check.func);
  if (watch) watch.func = health.watch(watch.func);
  return {
    name: 'gRPC health',
    kind: 'work',
    stopTaking: () => health.set(true),
    takeAgain: () => health.set(false),
    inFlight: () => [],
    finished: async () => undefined,
  };
}

class LeavingHealth {
  private leaving = false;
  private readonly watchers = new Set<{ tellAgain(this: void): void }>();

  set(leaving: boolean): void {
    this.leaving = leaving;
    for (const watcher of this.watchers) watcher.tellAgain();
  }

  check(func: Handler['func']): Handler['func'] {
    return (call, reply) =>
      func(call, (error, health, ...rest) => reply(error, this.told(call, health), ...rest));
  }

  watch(func: Handler['func']): Handler['func'] {
    return (call, reply) => {
      const write = call.write.bind(call);
      let last: Health | undefined;
      const tell = (health: Health) => {
        last = health;
        return write(this.told(call, health) as Health);
      };
      const watcher = { tellAgain: () => void (last && tell(last)) };
      call.write = tell;
      this.watchers.add(watcher);
      call.once('close', () => this.watchers.delete(watcher));
      return func(call, reply);
    };
  }

  private told({ request }: Call, health: Health | null | undefined): Health | null | undefined {
    if (!this.leaving || LIVENESS.test(request?.service ?? '')) return health;
    if (health?.status === 'SERVING') return { ...health, status: 'NOT_SERVING' };
    return health?.status === 1 ? { ...health, status: 2 } : health;
  }
}
