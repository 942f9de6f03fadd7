import { PLATFORM_PRESETS } from '../../lib/options/platform.js';
import { limitText } from '../../lib/report/text.js';

/** The table of docs/platforms.md, made from that of the code. */
export function platformDocs(): string {
  const rows = Object.entries(PLATFORM_PRESETS).map(([name, row]) => {
    const { gracePeriodMs, graceIn, isAssumed, recognisedBy, propagation, source, why } = row;
    const grace = `${limitText(gracePeriodMs)}${isAssumed ? ' \\*' : ''}`;
    const { floorMs, quietMs, capMs } = propagation(gracePeriodMs);
    const waits = capMs === 0 ? ['none', '', ''] : [floorMs, quietMs, capMs].map(limitOrZero);
    return [
      `\`${name}\``,
      recognisedBy,
      graceIn ? `\`${graceIn.variable}\`, or ${grace}` : grace,
      ...waits,
      `[source](${source}); ${why}`,
    ];
  });
  const head = [
    'platform',
    'recognised by',
    'grace period',
    'shortest wait',
    'until quiet for',
    'longest wait',
    'why',
  ];
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function limitOrZero(ms: number): string {
  return ms === 0 ? '0 s' : limitText(ms);
}
