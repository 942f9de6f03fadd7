import { describe, expect, it } from '@jest/globals';
import {
  inFrontOfLine,
  inFrontOfNode,
  type Shell,
} from '../../../../lib/cli/check/command-line.js';
import { preStopOf } from '../../../../lib/cli/check/kubernetes/pre-stop.js';
import { goDurationMs, systemdSpanMs } from '../../../../lib/cli/check/text/durations.js';
import { Source } from '../../../../lib/cli/check/text/source.js';
import { readYaml } from '../../../../lib/cli/check/text/yaml.js';

// Seen with systemd 252: what it accepts, and what it ignores.
describe('a time span of systemd', () => {
  it.each([
    ['30', 30_000],
    ['30s', 30_000],
    ['1min 30s', 90_000],
    ['1min30s', 90_000],
    ['1.5min', 90_000],
    ['90 sec', 90_000],
    ['2m30s', 150_000],
    ['5 m', 300_000],
    ['500ms', 500],
    ['0', 0],
    ['infinity', Infinity],
    ['1h30', 3_630_000],
    ['1M', 2_629_800_000],
  ])('%s is %d ms', (text, ms) => {
    expect(systemdSpanMs(text)).toBe(ms);
  });

  it.each(['1:30', '30S', '3e1', '"45"', '30s # x', '', '-1'])('%j is ignored', (text) => {
    expect(systemdSpanMs(text)).toBeUndefined();
  });
});

describe('a duration of Go', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1.5m', 90_000],
    ['500ms', 500],
    ['1h', 3_600_000],
    ['0', 0],
  ])('%s is %d ms', (text, ms) => {
    expect(goDurationMs(text)).toBe(ms);
  });

  it.each(['90', '30 s', 'PT30S', '1d', 'infinity', '', 's', '1m30'])('%j is none', (text) => {
    expect(goDurationMs(text)).toBeUndefined();
  });
});

// Seen in a PID namespace: SIGTERM to PID 1, with a server behind it that drains for 0.7 s.
describe('what stands in front of Node', () => {
  const line = (text: string, shell: Shell) => inFrontOfLine(text, { shell })?.severity;
  const words = (command: readonly string[], shell: Shell) =>
    inFrontOfNode(command, { shell })?.severity;

  it.each([
    'node main.js',
    'A=b node main.js',
    'cd app && node main.js',
    'node main.js || true',
    'node main.js | tee log',
  ])('%s: dash stays, and loses the signal', (text) => {
    expect(line(text, 'dash')).toBe('error');
  });

  it.each(['node main.js', 'A=b node main.js', 'cd app && node main.js', 'migrate; node main.js'])(
    '%s: bash and ash replace themselves',
    (text) => {
      expect(line(text, 'bash')).toBe('note');
      expect(line(text, 'ash')).toBe('note');
    },
  );

  it.each(['node main.js || true', 'node main.js | tee log', "trap 'true' EXIT; node main.js"])(
    '%s: no shell does',
    (text) => {
      for (const shell of ['dash', 'bash', 'ash', 'unknown'] as const)
        expect(line(text, shell)).toBe('error');
    },
  );

  it.each(['node main.js > log', '(node main.js)'])('%s: bash does not, ash does', (text) => {
    expect(line(text, 'bash')).toBe('error');
    expect(line(text, 'ash')).toBe('note');
  });

  it.each(['exec node main.js', 'migrate && exec node main.js', 'cd app && exec node main.js'])(
    '%s: nothing',
    (text) => {
      expect(line(text, 'dash')).toBeUndefined();
    },
  );

  it.each([
    [['npm', 'start'], 'dash', 'error'],
    [['npm', 'start'], 'ash', 'note'],
    [['npm', 'run', 'start:prod'], 'unknown', 'warning'],
    [['pnpm', 'start'], 'dash', 'error'],
    [['yarn', 'start'], 'ash', 'error'],
    [['yarn', 'start'], 'bash', 'error'],
    [['tini', '--', 'npm', 'start'], 'dash', 'error'],
    [['/usr/bin/dumb-init', 'node', 'main.js'], 'dash', undefined],
    [['docker-entrypoint.sh', 'node', 'main.js'], 'dash', undefined],
    [['npm', 'ci'], 'dash', undefined],
    [['npx', 'prisma', 'migrate', 'deploy'], 'dash', undefined],
    [['env', 'A=b', 'node', 'main.js'], 'dash', undefined],
    [['sh', '-c', 'exec node main.js'], 'dash', undefined],
    [['/bin/bash', '-ec', 'node main.js'], 'dash', 'note'],
    [['sh', '-c', 'exec npm start'], 'dash', 'error'],
  ] as const)('%j with %s: %s', (command, shell, severity) => {
    expect(words(command, shell)).toBe(severity);
  });

  it('npm hands the signal on when the script begins with exec', () => {
    const packageScript = () => 'exec node main.js';
    expect(inFrontOfNode(['npm', 'start'], { shell: 'dash', packageScript })).toBeUndefined();
    expect(inFrontOfNode(['yarn', 'start'], { shell: 'dash', packageScript })?.severity).toBe(
      'error',
    );
  });

  it('a script is read: one that ends in exec hands over, one that is not known is not accused', () => {
    const script = (text: string | undefined) => (path: string) =>
      path.endsWith('.sh') ? text : undefined;
    const of = (text: string | undefined) =>
      inFrontOfNode(['./start.sh', 'npm', 'start'], { shell: 'dash', script: script(text) })
        ?.severity;
    expect(of('#!/bin/sh\nset -e\nexec node main.js\n')).toBeUndefined();
    expect(of('#!/bin/sh\nexec "$@"\n')).toBe('error');
    expect(of('#!/bin/sh\nnode main.js\n')).toBe('error');
    expect(of('#!/bin/sh\nexec ./start.sh\n')).toBeUndefined();
    expect(of(undefined)).toBeUndefined();
  });
});

describe('a preStop hook', () => {
  const hook = (text: string) => {
    const [document] = readYaml(new Source('a.yaml', `lifecycle: { preStop: ${text} }\n`));
    return document && preStopOf(document.value);
  };

  it.each([
    ['{ sleep: { seconds: 5 } }', 5_000, true],
    ['{ exec: { command: [sleep, "15"] } }', 15_000, true],
    ['{ exec: { command: [/bin/sh, -c, sleep 1.5] } }', 1_500, true],
    ['{ exec: { command: [sh, -c, "sleep 1m && nginx -s quit"] } }', 60_000, false],
    ['{ exec: { command: [sh, -c, "sleep 5; sleep 5"] } }', 10_000, false],
    ['{ exec: { command: [node, -e, "setTimeout(() => {}, 10_000)"] } }', 10_000, false],
    ['{ exec: { command: [sh, -c, "while true; do sleep 1; done"] } }', undefined, false],
    ['{ httpGet: { path: /drain, port: 80 } }', undefined, false],
  ])('%s takes %s ms', (text, ms, onlySleeps) => {
    expect(hook(text)).toMatchObject({ ms, onlySleeps });
  });

  it.each([
    ['{ exec: { command: [sh, -c, "until curl -m 1 -f localhost; do sleep 1; done"] } }', true],
    ['{ exec: { command: [sh, -c, "curl localhost/drain"] } }', true],
    ['{ exec: { command: [sh, -c, "curl --max-time 5 localhost/drain"] } }', false],
    ['{ exec: { command: [sh, -c, "timeout 10 sh -c wait"] } }', false],
    [
      '{ exec: { command: [sh, -c, "i=0; while [ $i -lt 5 ]; do sleep 1; i=$((i+1)); done"] } }',
      false,
    ],
  ])('%s may take for ever: %s', (text, isUnbounded) => {
    expect(hook(text)?.unbounded !== undefined).toBe(isUnbounded);
  });
});
