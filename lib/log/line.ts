import { withoutSecrets } from '../engine/secrets.js';

/** How loudly a line is said, in the words of Nest's logger. */
export type Level = 'log' | 'warn' | 'error';

/** One line for the log. */
export interface Line {
  /** Stable across releases; search, alert and filter by this, never by the words. */
  readonly id: string;
  readonly level: Level;
  readonly text: string;
}

interface Note {
  readonly id: string;
  readonly level: 'log';
  /** For docs/log-lines.md. */
  readonly means: string;
}

interface Trouble {
  readonly id: string;
  readonly level: 'warn' | 'error';
  readonly means: string;
  /** What whoever reads the line has to do. */
  readonly toDo: string;
}

/** Makes a line from facts, and knows what docs/log-lines.md says of it. */
export type Sentence<Facts extends unknown[]> = ((...facts: Facts) => Line) & (Note | Trouble);

/**
 * Defines a line of the log. Its id is made of words, not a number: it says something by itself in an alert, and two
 * branches that each add a line do not claim the same one.
 */
export function sentence<Facts extends unknown[]>(
  about: Note | Trouble,
  says: (...facts: Facts) => string,
): Sentence<Facts> {
  const { id, level } = about;
  const make = (...facts: Facts): Line => ({ id, level, text: withoutSecrets(says(...facts)) });
  return Object.assign(make, about);
}

/** A line as it is printed: its id stands at the end, where it is in nobody's way; before a stack or a drawing. */
export function printed({ id, text }: Line): string {
  const [first = '', ...more] = text.split('\n');
  return [`${first} [${id}]`, ...more].join('\n');
}
