import { Injectable } from '@nestjs/common';
import { Log } from '../log/log.js';
import { sidecarNotTold } from '../log/host-lines.js';
import { sidecarUrl } from '../options/sidecars.js';
import { post } from '../process/post.js';
import { Setting } from './setting.js';

/** So long does a sidecar of the same pod take to answer at most, in milliseconds. */
const ANSWER_MS = 1_000;

/** Ends the sidecars that the options name: one of a Job would run on, and the Job with it. */
@Injectable()
export class Sidecars {
  constructor(
    private readonly setting: Setting,
    private readonly log: Log,
  ) {}

  /** Everything that needs the network is out. Never rejects; `end` is on the clock. */
  async dismiss(end: number): Promise<void> {
    const { clock, options, port } = this.setting;
    const leftMs = Math.min(ANSWER_MS, Math.max(1, end - clock.now()));
    await Promise.all(
      options.sidecars.map(async (sidecar) => {
        const url = sidecarUrl(sidecar, port.env);
        try {
          const status = await post(url, leftMs);
          if (status >= 400) throw new Error(`it answered ${status}`);
        } catch (error) {
          const problem = error instanceof Error ? error.message : String(error);
          this.log.say(sidecarNotTold({ sidecar, url, problem }));
        }
      }),
    );
  }
}
