import { basename, dirname } from 'node:path';
import type { CheckContext } from './context.js';
import type { Source } from './text/source.js';
import type { Value } from './text/value.js';

/** In the order in which compose looks for them (compose-spec: compose.yaml is preferred). */
const COMPOSE = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

interface Said {
  readonly source: Source;
  readonly at: Value;
  readonly text: string;
}

/** Files of one application that contradict each other, or of which only one counts. */
export class TwoFiles {
  private readonly compose: Source[] = [];
  private readonly railway: Said[] = [];
  private readonly ecosystem = new Map<string, Said[]>();

  constructor(private readonly context: CheckContext) {}

  addCompose(source: Source): void {
    if (COMPOSE.includes(basename(source.file)) && !this.compose.includes(source))
      this.compose.push(source);
  }

  addRailway(source: Source, value: Value): void {
    const at = value.get('deploy', 'drainingSeconds');
    this.railway.push({ source, at: at.isSet ? at : value, text: at.text ?? 'unset' });
  }

  addEcosystem(source: Source, apps: readonly Value[]): void {
    for (const app of apps) {
      const name = app.get('name').text;
      if (name === undefined) continue;
      const at = app.get('kill_timeout');
      const said = { source, at: at.isSet ? at : app, text: at.text ?? 'unset' };
      const known = this.ecosystem.get(name);
      if (known) known.push(said);
      else this.ecosystem.set(name, [said]);
    }
  }

  report(): void {
    for (const ignored of this.compose) {
      const place = COMPOSE.indexOf(basename(ignored.file));
      const preferred = this.compose.find(
        (one) =>
          dirname(one.file) === dirname(ignored.file) &&
          COMPOSE.indexOf(basename(one.file)) < place,
      );
      if (!preferred) continue;
      this.context.report('two-files', {
        at: { file: ignored.file, line: 1 },
        subject: basename(ignored.file),
        message: `compose reads ${preferred.file} and not this file, which is beside it`,
        remedy: 'Keep one of the two, or name the files with -f.',
      });
    }
    const folders = new Set(this.railway.map(({ source }) => dirname(source.file)));
    for (const folder of folders) {
      const own = this.railway.filter(({ source }) => dirname(source.file) === folder);
      this.contradiction('railway', 'drainingSeconds', own);
    }
    for (const [name, said] of this.ecosystem)
      this.contradiction(`app ${name}`, 'kill_timeout', said);
  }

  private contradiction(subject: string, key: string, said: readonly Said[]): void {
    const [first, ...others] = said;
    const other = others.find(
      ({ source, text }) => source !== first?.source && text !== first?.text,
    );
    if (!first || !other) return;
    this.context.report('two-files', {
      at: other.at,
      subject,
      message: `${key} is ${other.text} here, and ${first.text} in ${first.source.file}`,
      remedy: 'Keep one of the two files, or write the same into both.',
    });
  }
}
