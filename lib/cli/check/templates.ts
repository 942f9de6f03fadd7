import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { CheckContext } from './context.js';
import { firstAction, hasAction } from './text/marks.js';
import type { Place, Source } from './text/source.js';

interface Unrendered {
  readonly place: Place;
  readonly how: string;
  count: number;
}

/** Templates that were not rendered: said once a chart, with the command to run. */
export class Templates {
  private readonly groups = new Map<string, Unrendered>();

  constructor(private readonly context: CheckContext) {}

  /** Whether a file that is read line by line has an action of a template; if so, it is counted as one. */
  holds(source: Source): boolean {
    const at = hasAction(source.text) ? firstAction(source.text) : -1;
    if (at === -1) return false;
    this.add(source.placeAt(at), source);
    return true;
  }

  add(place: Place, source: Source, how?: string): void {
    const chart = chartOf(source);
    const group = chart?.folder ?? source.file;
    const known = this.groups.get(group);
    if (known) known.count += 1;
    else this.groups.set(group, { place, how: how ?? howToRender(chart), count: 1 });
    this.context.counts.templates += 1;
  }

  isOfChart(source: Source): boolean {
    return chartOf(source) !== undefined;
  }

  report(): void {
    for (const [group, { place, how, count }] of this.groups) {
      this.context.report('template/unrendered', {
        at: place,
        subject: group,
        message:
          count === 1
            ? 'not checked: a template that is not rendered'
            : `not checked: ${count} templates that are not rendered`,
        remedy: how,
      });
    }
  }
}

interface Chart {
  readonly folder: string;
}

/** The chart that a file belongs to: a Chart.yaml up to four folders above it. */
function chartOf({ path, file }: Source): Chart | undefined {
  if (path === undefined) return undefined;
  const base = path.endsWith(file) ? path.slice(0, path.length - file.length) : '';
  let folder = dirname(path);
  for (let up = 0; up < 4; up += 1) {
    if (existsSync(join(folder, 'Chart.yaml'))) return { folder: relative(base, folder) || folder };
    folder = dirname(folder);
  }
  return undefined;
}

function howToRender(chart: Chart | undefined): string {
  if (chart) return `helm template ${chart.folder} | nestjs-graceful check -`;
  return 'Render it, and check what comes out: … | nestjs-graceful check -';
}
