import { xml } from '../xml.js';
import { CAUSES, type Cause } from './diagnose.js';
import type { ArmEvents, InstanceEvents } from './events.js';
import type { RehearsalEvents } from './result.js';
import { PAGE_SCRIPT, PAGE_STYLE } from './html-page.js';
import { armNames, rowsOf } from './text.js';

/** Heights and widths of the drawing, in its own units. */
const WIDTH = 1_000;
const [ARRIVALS, LANE, GAP] = [60, 18, 6];
/** Requests of so long are one bar, in milliseconds. */
const BAR_MS = 100;

/**
 * One page for a browser, with nothing to load: a drawing for each arm, with a lane for each instance, above it what was
 * asked for and what was lost. The events are in it.
 */
export function rehearsalHtml({ result, events }: RehearsalEvents): string {
  const names = armNames(result);
  const cells = (row: readonly string[], tag: string) =>
    row.map((text) => `<${tag}>${xml(text)}</${tag}>`).join('');
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">`,
    `<title>Rehearsal ${xml(result.verdict)}: ${xml(result.entry)}</title>`,
    `<style>${PAGE_STYLE}</style></head><body>`,
    `<h1 class="${result.verdict}">${xml(result.verdict)}</h1><p>${xml(result.sentence)}</p>`,
    ...result.reasons.map((reason) => `<p class="reason">${xml(reason)}</p>`),
    `<table><tr>${cells(['', ...names], 'th')}</tr>`,
    ...rowsOf(result.arms.control, result.arms.module).map((row) => `<tr>${cells(row, 'td')}</tr>`),
    '</table>',
    ...drawn(names[0], 'control', events.control),
    ...drawn(names[1], 'module', events.module),
    '<p class="legend"><i class="ready"></i>serves <i class="unknown"></i>stopping, and the balancer does not know ' +
      '<i class="known"></i>stopping, and it knows <i class="answer"></i>asked <i class="loss"></i>lost. ' +
      'Scroll to zoom, drag to move, double-click for all of it.</p>',
    `<script type="application/json" id="events">${json({ result, events })}</script>`,
    `<script>${PAGE_SCRIPT}</script>`,
    '</body></html>',
    '',
  ].join('\n');
}

function drawn(name: string, id: string, events: ArmEvents): string[] {
  const end = Math.max(
    1,
    ...events.instances.flatMap(({ readyMs, exitMs = 0 }) => [readyMs, exitMs]),
    events.answers.reduce((most, [, ended]) => Math.max(most, ended), 0),
    events.losses.reduce((most, { failedMs }) => Math.max(most, failedMs), 0),
  );
  const x = (ms: number) => ((ms / end) * WIDTH).toFixed(2);
  const height = ARRIVALS + GAP + events.instances.length * (LANE + GAP);
  const lanes = events.instances.map((one, at) =>
    lane(one, ARRIVALS + GAP + at * (LANE + GAP), x, end),
  );
  return [
    `<h2>${xml(name)}: ${events.losses.length} lost</h2>`,
    `<svg id="${id}" viewBox="0 0 ${WIDTH} ${height}" preserveAspectRatio="none" style="height:${height * 1.4}px" data-end="${end}" role="img" aria-label="${xml(name)}">`,
    ...bars(events, x),
    ...lanes,
    ...events.losses.map((loss) => {
      const lost = events.instances.findIndex((one) => one.name === loss.instance);
      const y = lost < 0 ? ARRIVALS : ARRIVALS + GAP + lost * (LANE + GAP);
      const said = `${loss.request}: ${CAUSES[loss.cause].text} (${loss.code}), ${loss.instance ?? 'nobody'}, at ${seconds(loss.failedMs)}`;
      return `<rect class="loss ${loss.cause}" x="${x(loss.failedMs)}" y="${y}" width="1.5" height="${LANE}"><title>${xml(said)}</title></rect>`;
    }),
    '</svg>',
    `<ul>${counted(events)
      .map(
        ([cause, count]) =>
          `<li>${count} ${xml(CAUSES[cause].text)}. ${xml(CAUSES[cause].remedy)}</li>`,
      )
      .join('')}</ul>`,
  ];
}

/** How much was asked for in each tenth of a second, and how much of it was lost. */
function bars({ answers, losses }: ArmEvents, x: (ms: number) => string): string[] {
  const asked = new Map<number, [all: number, lost: number]>();
  const add = (sentMs: number, lost: number) => {
    const at = Math.floor(sentMs / BAR_MS);
    const [all, lostThere] = asked.get(at) ?? [0, 0];
    asked.set(at, [all + 1, lostThere + lost]);
  };
  for (const [sentMs] of answers) add(sentMs, 0);
  for (const { sentMs } of losses) add(sentMs, 1);
  const most = Math.max(1, ...[...asked.values()].map(([all]) => all));
  return [...asked].flatMap(([at, [all, lost]]) => {
    const box = (count: number, kind: string) => {
      const tall = (count / most) * ARRIVALS;
      const said = `${count} ${kind === 'loss' ? 'lost' : 'asked'} at ${seconds(at * BAR_MS)}`;
      const width = Number(x((at + 1) * BAR_MS)) - Number(x(at * BAR_MS));
      return `<rect class="${kind}" x="${x(at * BAR_MS)}" y="${(ARRIVALS - tall).toFixed(2)}" width="${width.toFixed(2)}" height="${tall.toFixed(2)}"><title>${said}</title></rect>`;
    };
    return lost > 0 ? [box(all, 'answer'), box(lost, 'loss')] : [box(all, 'answer')];
  });
}

function lane(one: InstanceEvents, y: number, x: (ms: number) => string, end: number): string {
  const { name, readyMs, stopMs = end, exitMs = end, killed = false } = one;
  const knownMs = Math.min(one.knownMs ?? exitMs, exitMs);
  const box = (kind: string, from: number, to: number, said: string) =>
    to <= from
      ? ''
      : `<rect class="${kind}" x="${x(from)}" y="${y}" width="${(Number(x(to)) - Number(x(from))).toFixed(2)}" height="${LANE}"><title>${xml(`${name} ${said}`)}</title></rect>`;
  const ended = killed ? 'is killed' : 'ends';
  return [
    `<g class="lane" data-instance="${xml(name)}">`,
    box('ready', readyMs, stopMs, `serves from ${seconds(readyMs)}`),
    box(
      'unknown',
      stopMs,
      knownMs,
      `is told to stop at ${seconds(stopMs)}, and the balancer does not know`,
    ),
    box(
      'known',
      knownMs,
      exitMs,
      `is left by the balancer at ${seconds(knownMs)}, and ${ended} at ${seconds(exitMs)}`,
    ),
    '</g>',
  ].join('');
}

function counted({ losses }: ArmEvents): Array<[Cause, number]> {
  const counts = new Map<Cause, number>();
  for (const { cause } of losses) counts.set(cause, (counts.get(cause) ?? 0) + 1);
  return [...counts];
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** What would end the script that it is in is written in another way. */
function json(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c');
}
