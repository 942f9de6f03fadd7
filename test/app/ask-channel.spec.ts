import { expect, it } from '@jest/globals';
import { channel } from 'node:diagnostics_channel';
import type { ApplicationStatus, AskMessage } from '../../lib/lifecycle/state-events.js';
import { HttpApp } from '../support/http-app.js';
import { describeOnPlatforms } from '../support/platforms.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** By which the application is known here: those of other files may live in this process, too. */
const gracePeriodMs = 61_234;

function ask(): ApplicationStatus[] {
  const answers: ApplicationStatus[] = [];
  const message: AskMessage = { answer: (status) => void answers.push(status) };
  channel('nestjs-graceful:ask').publish(message);
  return answers.filter((status) => status.gracePeriodMs === gracePeriodMs);
}

describeOnPlatforms((target) => {
  it('who asks on the channel is told how the application is, until it is over', async () => {
    const app = await HttpApp.start({
      ...target,
      options: { gracePeriodMs },
      clock: new VirtualClock(),
    });
    const answer = (await app.connect()).get('/work/one').response();
    answer.catch(() => undefined); // it is cut when something is wrong here
    await app.work.begun('one');

    expect(ask()).toEqual([
      {
        progress: app.graceful.progress(),
        sources: expect.arrayContaining([{ source: 'http', kind: 'request' }]),
        phases: ['announce', 'propagate', 'drain', 'flush', 'close'],
        gracePeriodMs,
      },
    ]);
    expect(ask()[0]?.progress.inFlight).toMatchObject([{ source: 'http', count: 1 }]);

    app.work.finish('one');
    await answer;
    await app.app.close();
    expect(ask()).toEqual([]);
  });

  it('who throws when it is answered does not end the application', async () => {
    const app = await HttpApp.start({ ...target, options: { gracePeriodMs } });
    const broken = {
      answer: () => {
        throw new Error('no');
      },
    };
    channel('nestjs-graceful:ask').publish(broken);
    await new Promise((resolve) => setImmediate(resolve)); // else it would be an uncaughtException by now
    expect(ask()).toHaveLength(1);
    await app.app.close();
  });
});
