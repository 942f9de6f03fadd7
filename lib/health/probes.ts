import type { Clock } from '../time/clock.js';
import { CheckRun, isUp, summarise, type HealthCheck, type ProbeBody } from './health-check.js';
import type { HealthDetails } from './indicator-result.js';

/** A probe's answer. */
export interface ProbeAnswer {
  readonly status: 200 | 503;
  readonly body: ProbeBody;
}

/** What the probes answer, from the state of the application and its checks. */
export class Probes {
  private readonly runs: CheckRun[] = [];
  /** Startup checks that have passed, with what they said then. */
  private readonly passedStartup = new Map<CheckRun, HealthDetails>();
  private bootstrapped = false;
  private warmingUp = false;
  private stoppingBecause?: string;
  private drainedBecause?: string;

  constructor(
    private readonly policy: 'fail' | 'hold',
    private readonly clock: Clock,
    private readonly onChange: (check: HealthCheck, problem: unknown) => void,
  ) {}

  add(check: HealthCheck): void {
    this.runs.push(new CheckRun(check, this.clock, this.onChange));
  }

  /** Bootstrap is over. */
  markBootstrapped(): void {
    this.bootstrapped = true;
  }

  /** Whether what runs before readiness opens still runs. */
  markWarmingUp(warmingUp: boolean): void {
    this.warmingUp = warmingUp;
  }

  /** The shutdown has begun. */
  markStopping(reason: string): void {
    this.stoppingBecause ??= reason;
  }

  /** Traffic is to stay away until `markResumed()`, whatever the policy for a shutdown is. */
  markDrained(reason: string): void {
    this.drainedBecause ??= reason;
  }

  /** Traffic may come again; a shutdown that has begun since is not taken back by it. */
  markResumed(): void {
    this.drainedBecause = undefined;
  }

  /** Whether readiness is down because of the shutdown. */
  get refusing(): boolean {
    return this.stoppingBecause !== undefined && this.policy === 'fail';
  }

  /** 200 while the process runs and its liveness checks hold; during a shutdown always, a restart can't help it. */
  async live(): Promise<ProbeAnswer> {
    if (this.stoppingBecause !== undefined) return answer(summarise([]));
    return answer(await this.ask('liveness'));
  }

  /** 200 only while the service can serve: started, its readiness checks up, not drained, not shutting down. */
  async ready(): Promise<ProbeAnswer> {
    if (this.refusing) {
      const shutdown = {
        status: 'down' as const,
        message: `shutting down (${this.stoppingBecause})`,
      };
      const { info, error, details } = summarise([{ shutdown }]);
      return { status: 503, body: { status: 'shutting_down', info, error, details } };
    }
    if (this.drainedBecause !== undefined) {
      const message = `draining (${this.drainedBecause})`;
      return answer(summarise([{ drain: { status: 'down', message } }]));
    }
    const startup = await this.startup();
    return startup.status === 200 ? answer(await this.ask('readiness')) : startup;
  }

  /** 200 once bootstrap and warm-up are over and every startup check has passed once. */
  async startup(): Promise<ProbeAnswer> {
    if (!this.bootstrapped) {
      return answer(summarise([{ bootstrap: { status: 'down', message: 'still starting' } }]));
    }
    if (this.warmingUp) {
      return answer(summarise([{ 'warm-up': { status: 'down', message: 'warming up' } }]));
    }
    const runs = this.runs.filter((run) => run.check.kind === 'startup');
    return answer(summarise(await Promise.all(runs.map((run) => this.askUntilPassed(run)))));
  }

  private async askUntilPassed(run: CheckRun): Promise<HealthDetails> {
    const passed = this.passedStartup.get(run);
    if (passed) return passed;
    const details = await run.result();
    if (isUp(details)) this.passedStartup.set(run, details);
    return details;
  }

  private async ask(kind: HealthCheck['kind']): Promise<ProbeBody> {
    const runs = this.runs.filter((run) => run.check.kind === kind);
    return summarise(await Promise.all(runs.map((run) => run.result())));
  }
}

function answer(body: ProbeBody): ProbeAnswer {
  return { status: body.status === 'error' ? 503 : 200, body };
}
