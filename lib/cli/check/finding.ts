import type { Place, Source } from './text/source.js';
import type { RuleId } from './rules/catalogue.js';
import type { Severity } from './severity.js';

/** A change of a file that is safe: it keeps comments and order, and means what its rule asks for. */
export interface Edit {
  readonly source: Source;
  /** The offsets that are taken out, and what comes in their place. */
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Something that a rule has found. */
export interface Finding {
  readonly rule: RuleId;
  readonly severity: Severity;
  readonly place: Place;
  /** What it is about, such as `Deployment/orders`. */
  readonly subject: string;
  /** What is wrong, with the sum that was done. */
  readonly message: string;
  /** What to write instead. */
  readonly remedy: string;
  readonly edit?: Edit;
  /** The template that a rendered document came from, by Helm's own comment. */
  readonly from?: string;
}

/** A file, or a part of one, that can't be read. */
export interface Unreadable {
  readonly place: Place;
  readonly message: string;
}
