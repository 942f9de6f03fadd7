import { Injectable } from '@nestjs/common';
import { MarkedMethodExplorer } from '../decorators/marked-method.explorer.js';
import { ProbeSetup } from '../health/probe-setup.js';
import { Sources } from '../sources/sources.js';
import { WorkSignals } from './work-signals.js';

/** Finds what the application has that works, and that answers for its health. */
@Injectable()
export class Discovery {
  private isDone = false;

  constructor(
    private readonly sources: Sources,
    private readonly probes: ProbeSetup,
    private readonly explorer: MarkedMethodExplorer,
    private readonly signals: WorkSignals,
  ) {}

  /** What may have work before everything is initialised. To be called when all providers are there. */
  early(): void {
    this.sources.discoverEarly();
  }

  /** Everything, once. To be called when all providers are initialised, or will not be. */
  all(): void {
    if (this.isDone) return;
    this.isDone = true;
    this.sources.discover();
    this.signals.check();
    this.probes.discover(this.explorer);
  }
}
