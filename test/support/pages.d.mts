/** A file that a page shows. */
export interface PageFile {
  readonly path: string;
  readonly code: string;
}

export const pages: readonly string[];
export const applications: readonly string[];
export const FIRST_SCREEN: string;
export function blocksOf(page: string, language: string): string[];
export function filesOn(page: string): PageFile[];
export function applicationOf(page: string): string;
