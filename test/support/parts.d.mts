export interface Project {
  readonly displayName: string;
  readonly testMatch: string[];
}
export const PROJECTS: Project[];
export function partsOf(project: Project): { first: string[]; rest: string[] };
export function filesOf(pattern: string): string[];
