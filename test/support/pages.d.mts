/** A file that a page shows. */
export interface PageFile {
  readonly path: string;
  readonly code: string;
}

/** The blocks of a page that a spec runs, which is named in a comment above them, and the specs. */
export function blocksOfSpecs(
  page: string,
): Array<{ readonly spec: string; readonly code: string }>;
export const pages: readonly string[];
export const applications: readonly string[];
export const FIRST_SCREEN: string;
export function blocksOf(page: string, language: string): string[];
export function filesOn(page: string): PageFile[];
export function applicationOf(page: string): string;
