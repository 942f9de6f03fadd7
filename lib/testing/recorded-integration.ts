import type { Integration, IntegrationHost, WorkSource } from '../integrations/integration.js';

/** An integration whose sources can be driven by hand, beside the application that has them. */
export class RecordedIntegration implements Integration {
  readonly name: string;
  readonly sources: WorkSource[] = [];

  constructor(private readonly integration: Integration) {
    this.name = integration.name;
  }

  attach(host: IntegrationHost): void {
    this.integration.attach({
      objects: () => host.objects(),
      onRpcServer: (callback) => host.onRpcServer(callback),
      counter: () => host.counter(),
      drained: () => host.drained(),
      clock: host.clock,
      add: (source) => {
        const shared = calledInTurn(source);
        this.sources.push(shared);
        host.add(shared);
      },
    });
  }
}

/** A source that two may drive: it is stopped once, however often they say so, until it takes again. */
function calledInTurn(source: WorkSource): WorkSource {
  let stopping: unknown;
  return {
    name: source.name,
    kind: source.kind,
    stopTaking: () => (stopping ??= source.stopTaking() ?? true),
    inFlight: () => source.inFlight(),
    finished: (...until) => source.finished(...until),
    ...(source.takeAgain && {
      takeAgain: () => {
        stopping = undefined;
        return source.takeAgain?.();
      },
    }),
    ...(source.release && { release: () => source.release?.() }),
  };
}
