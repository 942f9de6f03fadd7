/** What runs this process, such as `Node 24.21.0` or `Bun 1.4.5`. */
export function runtimeName(versions: Readonly<Record<string, string | undefined>>): string {
  const { bun, deno, node } = versions;
  if (bun !== undefined) return `Bun ${bun}`;
  if (deno !== undefined) return `Deno ${deno}`;
  return `Node ${node}`;
}
