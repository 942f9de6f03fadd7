import { describe, expect, it } from '@jest/globals';
import type { PropagationReport, TrafficReport } from '../../../lib/engine/record.js';
import { lateTrafficText } from '../../../lib/log/late-traffic-text.js';

const SIGTERM = { kind: 'signal', signal: 'SIGTERM' } as const;

const wait = (settings: Partial<PropagationReport> = {}): PropagationReport => ({
  endedBy: 'quiet',
  durationMs: 7_200,
  lastArrivalMs: 5_200,
  requests: 300,
  quietMs: 2_000,
  ...settings,
});

const traffic = (settings: Partial<TrafficReport> = {}): TrafficReport => ({
  onNewConnections: { requests: 0, connections: 0 },
  onKeptConnections: { requests: 0, connections: 0 },
  ...settings,
});

const text = (propagation: PropagationReport | undefined, settings: Partial<TrafficReport>) =>
  lateTrafficText({ reason: SIGTERM, propagation, traffic: traffic(settings) });

describe('the sentence about late traffic', () => {
  it('says how late a load balancer was, who sent, and what to set', () => {
    const capped = wait({ endedBy: 'capped', durationMs: 10_000, lastArrivalMs: 9_600 });
    expect(
      text(capped, {
        onNewConnections: { requests: 200, connections: 200, lastMs: 9_600 },
        lastFifth: {
          fromMs: 8_000,
          onNewConnections: 34,
          onKeptConnections: 0,
          callers: [{ address: 'private', agent: 'Envoy', requests: 34 }],
        },
      }),
    ).toBe(
      'The load balancer still sent traffic 9.6 s after SIGTERM, and the wait for it ended at 10.0 s; ' +
        '34 requests in its last fifth, most of them from Envoy (private). ' +
        'Raise propagationCapMs to 12000 or more, and the grace period with it',
    );
  });

  it('does not blame the load balancer for clients that keep their connections', () => {
    const capped = wait({ endedBy: 'capped', durationMs: 10_000, lastArrivalMs: 9_900 });
    expect(
      text(capped, {
        onKeptConnections: { requests: 90, connections: 1, lastMs: 9_900 },
        lastFifth: {
          fromMs: 8_000,
          onNewConnections: 0,
          onKeptConnections: 12,
          callers: [
            { address: 'private', agent: 'Java', requests: 11 },
            { address: 'public', agent: 'other', requests: 1 },
          ],
        },
      }),
    ).toMatch(
      /^Clients still sent requests 9\.9 s after SIGTERM, all on connections they had kept.*12 requests.*Java \(private\), and 1 other kinds of callers.*A longer wait does not end this/,
    );
  });

  it('says nothing of a wait that was capped by something else than requests', () => {
    expect(text(wait({ endedBy: 'capped', durationMs: 10_000 }), {})).toBeUndefined();
  });

  it('says how much more quiet would have been enough', () => {
    const onNewConnections = { requests: 4, connections: 4, lastMs: 8_100 };
    expect(text(wait(), { onNewConnections })).toMatch(
      /brought a request 8\.1 s after SIGTERM.*over \(quiet, 7\.2 s\)\. Raise propagationQuietMs to 3000 or more$/,
    );
    expect(
      text(wait({ endedBy: 'floor', lastArrivalMs: undefined }), { onNewConnections }),
    ).toMatch(/Raise propagationFloorMs to 8500 or more$/);
  });

  it('has nothing to say when all came in time, or nobody can be told apart', () => {
    const onNewConnections = { requests: 4, connections: 4, lastMs: 5_200 };
    expect(text(wait(), { onNewConnections })).toBeUndefined();
    expect(text(wait({ endedBy: 'aborted' }), { onNewConnections })).toBeUndefined();
    expect(lateTrafficText({ reason: SIGTERM })).toBeUndefined();
  });

  it('tells of clients that were sent here where nothing is waited for', () => {
    const onNewConnections = { requests: 1, connections: 1, lastMs: 40 };
    expect(text(undefined, { onNewConnections })).toBe(
      '1 request came on new connections, the last 40 ms after SIGTERM, and load balancers are not waited for. ' +
        'If one sends traffic here, name the `platform` or set propagationCapMs',
    );
    const reason = { kind: 'close' } as const;
    expect(lateTrafficText({ reason, traffic: traffic({ onNewConnections }) })).toBeUndefined();
    const onKeptConnections = { requests: 5, connections: 1, lastMs: 40 };
    expect(text(undefined, { onKeptConnections })).toBeUndefined();
  });
});
