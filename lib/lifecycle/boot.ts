import { Injectable } from '@nestjs/common';
import { ProbeSetup } from '../health/probe-setup.js';
import { HttpSource } from '../http/http-source.js';
import type { Application, ApplicationObserver } from '../nest/application.js';
import type { LifeObserver } from '../nest/life-signs.js';
import { NestContainer } from '../nest/nest-container.js';
import { followOwnWork, isCheapToFollow } from '../process/own-work.js';
import type { SignalListener } from '../process/process-port.js';
import { setImmediate } from '../time/real-timers.js';
import { Bootstrap } from './bootstrap.js';
import { Discovery } from './discovery.js';
import { Life } from './life.js';
import { Lifecycle } from './lifecycle.js';
import { Opening } from './opening.js';
import { Setting } from './setting.js';

/**
 * One application on its way to being ready, step by step, as Nest goes through its bootstrap:
 *
 * ```
 * created           its providers are there
 * beforeInit        the first of all init hooks: a wrong order fails here, and the probes' own port opens
 * afterInit         the last of them: what works is found
 * bootstrapped      the last of all bootstrap hooks: everything is put in order, HTTP is followed, it is ready
 * ```
 */
@Injectable()
export class Boot implements ApplicationObserver, LifeObserver {
  private initOfPart = false;
  private hasInit = false;

  constructor(
    private readonly setting: Setting,
    private readonly life: Life,
    private readonly bootstrap: Bootstrap,
    private readonly nest: NestContainer,
    private readonly http: HttpSource,
    private readonly probes: ProbeSetup,
    private readonly discovery: Discovery,
    private readonly lifecycle: Lifecycle,
    private readonly opening: Opening,
  ) {
    if (!setting.options.enabled) return;
    nest.observeApplication(this);
    nest.observeLife(this);
  }

  // -- what Nest tells -------------------------------------------------------------------------------------------

  created(): void {
    this.bootstrap.advance();
  }

  /** It will never be: no signal finds it any more. */
  creationFailed(): void {
    void this.initFailed();
  }

  hooksEnabled(): void {
    this.bootstrap.hooksAreEnabled();
  }

  initCalled(): void {
    this.bootstrap.initIsCalled();
  }

  initStarting(application: Application): void {
    this.bootstrap.advance();
    this.initOfPart = this.http.isPart(application);
    if (!this.initOfPart) this.lifecycle.follow(application);
  }

  /** The application will never be ready. Whoever holds it may still close it. */
  async initFailed(): Promise<void> {
    this.bootstrap.settle();
    if (this.life.begun) return;
    this.lifecycle.forget();
    await this.probes.close();
  }

  /**
   * They serve now, and if `init()` is not what comes next, it may never come: then this is the life of the application.
   */
  microservicesStarted(application: Application): void {
    if (this.initOfPart) this.bootstrap.partIsOver();
    if (this.bootstrap.initialising || this.bootstrap.over || this.life.begun) return;
    this.lifecycle.follow(application);
    setImmediate(() => {
      if (!this.bootstrap.initialising && !this.life.begun) this.opening.ready();
    });
  }

  get actionSignals(): readonly string[] {
    return this.setting.actionSignals;
  }

  shutdownSignalsNamed(names: readonly string[]): void {
    this.lifecycle.ties.name(names);
  }

  shutdownListener(listener: SignalListener): (run: () => void) => void {
    this.lifecycle.ties.leads(listener);
    return (run) => this.setting.port.notFollowed(run);
  }

  // -- hooks -----------------------------------------------------------------------------------------------------

  /** The first of all `onModuleInit`: a wrong order fails here, before anything of the user's has begun. */
  async beforeInit(): Promise<void> {
    if (this.hasInit) return; // the hooks of a part have been run before those of the whole
    this.hasInit = true;
    this.life.init();
    if (this.follows) followOwnWork();
    if (!this.lifecycle.runs) {
      this.checked(() => {
        this.discovery.early();
        this.lifecycle.prepare('quietly');
      });
    }
    await this.probes.open();
  }

  /** The last of all `onModuleInit`: everything the user has is there, and nothing serves yet. */
  afterInit(): void {
    // Else bootstrap took longer than a shutdown can wait for it.
    if (!this.lifecycle.runs) this.checked(() => this.discovery.all());
  }

  /** The last of all `onApplicationBootstrap`; libraries have put their hooks onto their objects by now. */
  bootstrapped(): void {
    if (this.initOfPart) return;
    if (this.life.report) return; // one of these hooks has closed the application, and awaited it
    this.discovery.again();
    if (!this.lifecycle.runs) this.checked(() => this.lifecycle.prepare());
    const { nestClose } = this.lifecycle;
    this.http.attach(
      () => this.probes.interceptor(),
      () => nestClose.enter(),
      this.follows,
    );
    this.probes.bootstrapped();
    this.bootstrap.settle();
    if (!this.life.begun) this.opening.ready();
  }

  private checked(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.opening.refused(error);
      throw error;
    }
  }

  /**
   * Whether it is known what work calls for the shutdown, and so may await it while the shutdown waits for that: where it
   * costs nothing, and where the application injects what it can call.
   */
  private get follows(): boolean {
    return isCheapToFollow() || this.nest.graph().isInjected(this.setting.askedThrough);
  }
}
