/** More turns of the event loop than a teardown takes that waits for nothing. */
export async function manyTurns(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    await new Promise<void>((resolve) => void setImmediate(resolve));
  }
}
