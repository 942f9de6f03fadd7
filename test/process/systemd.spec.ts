import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { NotifySocket, notifyTools } from '../support/notify-socket.js';
import { describeWith } from '../support/services.js';
import { killStarted, StartedProgram } from '../support/started-program.js';

describeWith(notifyTools, () => {
  let socket: NotifySocket;

  beforeEach(async () => {
    socket = await NotifySocket.open();
  });

  afterEach(async () => {
    await killStarted();
    await socket.close();
  });

  const start = (env: Record<string, string> = {}, options: object = {}): StartedProgram =>
    new StartedProgram(
      12,
      'http-app',
      { options },
      { env: { NOTIFY_SOCKET: socket.path, ...env } },
    );

  it('becomes active when the application is ready, and is stopping with the time it may take', async () => {
    const program = start({}, { warmUp: { requests: ['/fast'] } });
    await program.line(/^.*Warmed up/);
    await socket.heard('READY=1');
    expect((await program.get('/health/ready')).status).toBe(200);
    const asked = program.get('/slow/500');
    await program.event('slow-start');
    program.signal('SIGTERM');
    await socket.heard('STOPPING=1');

    expect((await asked).status).toBe(200);
    expect((await program.end).code).toBe(0);
    const [warming, extended, ready, , stopping, , budget] = socket.said;
    expect([warming, extended]).toEqual(['STATUS=Warming up', 'EXTEND_TIMEOUT_USEC=30000000']);
    expect([ready, stopping]).toEqual(['READY=1', 'STOPPING=1']);
    expect(budget).toBe('EXTEND_TIMEOUT_USEC=90000000');
  });

  it('gives signs of life, twice as often as they are asked for', async () => {
    const program = start({ WATCHDOG_USEC: '400000' });
    await program.event('started');
    await socket.heard('READY=1');
    await socket.heard('WATCHDOG=1', 3);
    program.signal('SIGTERM');
    expect((await program.end).code).toBe(0);
  });

  it('gives none where they are asked of another process', async () => {
    const program = start({ WATCHDOG_USEC: '20000', WATCHDOG_PID: '1' });
    await program.event('started');
    await socket.heard('READY=1');
    program.signal('SIGTERM');
    await socket.heard('STOPPING=1');
    expect((await program.end).code).toBe(0);
    expect(socket.said).not.toContain('WATCHDOG=1');
  });

  it.each([
    ['where another process is the main one of the unit', { SYSTEMD_EXEC_PID: '1' }],
    ['where there is no systemd-notify', { PATH: '/nowhere' }],
  ])('says nothing, and starts and stops as ever, %s', async (_where, env) => {
    const program = start(env);
    expect((await program.get('/health/ready')).status).toBe(200);
    program.signal('SIGTERM');
    expect(await program.end).toMatchObject({ code: 0, signal: null });
    expect(program.lastWord).toContain('SIGTERM: clean');
    expect(socket.said).toEqual([]);
  });
});
