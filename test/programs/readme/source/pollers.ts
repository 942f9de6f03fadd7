import type { Integration } from 'nestjs-graceful';
import { Poller } from './poller.js';

export const pollers: Integration = {
  name: 'pollers',
  attach(host) {
    for (const { object } of host.objects()) {
      if (!(object instanceof Poller)) continue;
      const jobs = host.counter();
      const handle = object.handle;
      object.handle = async (job) => {
        const end = jobs.begin(`job ${job.name}`); // goes into the log: nothing of what is in it
        await jobs.within(end, () => handle(job)).finally(end);
      };
      host.add({
        name: 'poller',
        kind: 'job',
        stopTaking: () => object.pause(), // at T0
        takeAgain: () => object.resume(), // after drain(), by resume()
        inFlight: () => jobs.list(),
        finished: (signal) => jobs.idle(signal), // waited for in the phase drain
      });
    }
  },
};
