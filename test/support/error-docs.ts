import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GracefulError } from '../../lib/errors/graceful.error.js';
import * as published from '../../lib/index.js';
import { errorSamples } from './error-samples.js';

type ErrorClass = new (...args: readonly unknown[]) => GracefulError;

const folder = join(import.meta.dirname, '../../lib/errors');

/** The sections of the page of errors, made from the classes: each with its code, when it is thrown, and a message. */
export function errorDocs(): string {
  const sections = Object.entries(errorSamples).map(([name, sample]) => {
    const Class = (published as unknown as Record<string, ErrorClass>)[name];
    const { code, message } = new Class(...sample);
    return [`## ${code}`, `\`${name}\`. ${whenOf(name)}`, `> ${message}`].join('\n\n');
  });
  return sections.join('\n\n');
}

/** What the class's own documentation says: when it is thrown. */
function whenOf(name: string): string {
  const file = name
    .replace(/Error$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, '-')
    .toLowerCase();
  const source = readFileSync(join(folder, `${file}.error.ts`), 'utf8');
  const [, text = ''] = /\/\*\*\s*([\s\S]*?)\s*\*\/\nexport class/.exec(source) ?? [];
  return text.replace(/\s*\n \* ?/g, ' ').trim();
}
