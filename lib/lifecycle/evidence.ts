import { Injectable } from '@nestjs/common';
import type { ShutdownReason } from '../engine/reason.js';
import type { ShutdownReport } from '../engine/record.js';
import { HttpSource } from '../http/http-source.js';
import { isAwaited } from '../process/awaited.js';
import type { LoadWatch } from '../process/load.js';
import { Sources } from '../sources/sources.js';
import { Life } from './life.js';
import { OwnTasks } from './own-tasks.js';
import { Setting } from './setting.js';

/** What the report says besides phases and tasks. */
export type ReportEvidence = Pick<ShutdownReport, 'propagation' | 'traffic' | 'sources' | 'load'>;

/** What was seen while the application shut down: who still came, what became of all work, and under which load. */
@Injectable()
export class Evidence {
  private load?: LoadWatch;

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly http: HttpSource,
    private readonly sources: Sources,
    private readonly ownTasks: OwnTasks,
  ) {
    life.onBegin((reason) => this.begin(reason));
  }

  /** Up to now. */
  get soFar(): ReportEvidence {
    return {
      propagation: this.ownTasks.propagation,
      traffic: this.http.traffic(),
      sources: this.life.begun ? this.sources.ledger() : undefined,
      load: this.load?.read(),
    };
  }

  private begin(reason: ShutdownReason): void {
    const { clock, port } = this.setting;
    this.http.countArrivals(clock.now(), !isAwaited(reason, port));
    const load = port.watchLoad();
    this.load = load;
    this.life.untilReleased(() => load.stop());
  }
}
