import type { OnApplicationShutdown } from '@nestjs/common';

export interface Job {
  readonly id: string;
  readonly name: string;
}

/** Stands for a library that fetches jobs from a table and runs two at a time. */
export class Poller implements OnApplicationShutdown {
  readonly done = new Map<string, 'completed' | 'failed'>();
  private readonly table: Job[] = [];
  private readonly timer = setInterval(() => this.poll(), 5);
  private running = 0;
  private paused = false;

  constructor(public handle: (job: Job) => Promise<void>) {}

  push(job: Job): void {
    this.table.push(job);
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private poll(): void {
    while (!this.paused && this.running < 2) {
      const job = this.table.shift();
      if (!job) return;
      this.running += 1;
      const over = (fate: 'completed' | 'failed') => () => {
        this.running -= 1;
        this.done.set(job.id, fate);
      };
      this.handle(job).then(over('completed'), over('failed'));
    }
  }
}
