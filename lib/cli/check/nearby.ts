import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Source } from './text/source.js';

const LARGEST = 1_000_000;
/** Folders in which repositories keep the scripts of their images. */
const FOLDERS = ['.', 'docker', 'scripts', 'bin', '.docker', '..', '../scripts', '../docker'];

/** Files beside the one that is checked, which say more of it: its package.json, its entry point's script. */
export class Nearby {
  private readonly known = new Map<string, string | undefined>();

  /** The text of a file beside another one; undefined when there is none, or one of unusual size. */
  read(source: Source, path: string): string | undefined {
    if (source.path === undefined) return undefined;
    return this.textOf(join(dirname(source.path), path));
  }

  has(source: Source, path: string): boolean {
    return source.path !== undefined && existsSync(join(dirname(source.path), path));
  }

  /** A file of this name in the folders where such files are kept. */
  named(source: Source, name: string): string | undefined {
    for (const folder of FOLDERS) {
      const text = this.read(source, join(folder, basename(name)));
      if (text !== undefined) return text;
    }
    return undefined;
  }

  /** The text of a script of the package.json beside it, or of the one above. */
  packageScript(source: Source, name: string): string | undefined {
    const text = this.read(source, 'package.json') ?? this.read(source, '../package.json');
    try {
      const { scripts } = JSON.parse(text ?? '{}') as { scripts?: Record<string, unknown> };
      const script = scripts?.[name];
      return typeof script === 'string' ? script : undefined;
    } catch {
      return undefined;
    }
  }

  private textOf(path: string): string | undefined {
    if (!this.known.has(path)) this.known.set(path, textOf(path));
    return this.known.get(path);
  }
}

function textOf(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    return size > LARGEST ? undefined : readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
