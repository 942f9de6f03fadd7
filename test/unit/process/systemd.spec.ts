import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Systemd } from '../../../lib/process/systemd.js';
import { NotifySocket, notifyTools } from '../../support/notify-socket.js';
import { describeWith } from '../../support/services.js';

const PID = 77;

describeWith(notifyTools, () => {
  describe('the socket of a unit with Type=notify', () => {
    let socket: NotifySocket;

    beforeEach(async () => {
      socket = await NotifySocket.open();
    });

    afterEach(() => socket.close());

    const systemd = (env: NodeJS.ProcessEnv = {}, mainThread = true) =>
      new Systemd({
        env: { PATH: process.env['PATH'], NOTIFY_SOCKET: socket.path, ...env },
        pid: PID,
        mainThread,
      });

    it('hears of each step, in order, with the times', async () => {
      const service = systemd();
      service.warmingUp(30_000);
      service.ready();
      service.stopping(28_000);
      await socket.heard('EXTEND_TIMEOUT_USEC=28000000');
      expect(socket.said).toEqual([
        'STATUS=Warming up',
        'EXTEND_TIMEOUT_USEC=30000000',
        'READY=1',
        'STATUS=Ready',
        'STOPPING=1',
        'STATUS=Shutting down',
        'EXTEND_TIMEOUT_USEC=28000000',
      ]);
    });

    it('gets signs of life, where they are asked of this process', async () => {
      const service = systemd({ WATCHDOG_USEC: '40000', WATCHDOG_PID: String(PID) });
      service.ready();
      await socket.heard('WATCHDOG=1', 3);
      expect(socket.said[0]).toBe('READY=1');
      service.forget();
    });

    it.each<[string, NodeJS.ProcessEnv, boolean]>([
      ['of a process that is not the main one of the unit', { SYSTEMD_EXEC_PID: '1' }, true],
      ['of a worker thread', {}, false],
      ['where there is no systemd-notify', { PATH: '/nowhere' }, true],
    ])('hears nothing %s', async (_what, env, mainThread) => {
      const silent = systemd(env, mainThread);
      silent.ready();
      silent.stopping(1_000);
      const other = systemd({ SYSTEMD_EXEC_PID: String(PID) });
      other.ready();
      await socket.heard('STATUS=Ready');
      expect(socket.said).toEqual(['READY=1', 'STATUS=Ready']);
    });
  });
});
