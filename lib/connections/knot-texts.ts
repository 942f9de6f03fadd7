/** A hook that still ran when a client was closed under it, and whether it has ended by that. */
interface Waiting {
  readonly name: string;
  readonly isOver: boolean;
}

/** Which of those that still ran had waited for the very call that waited for them, and which wait for something else. */
export function knotTexts(client: string, waiting: readonly Waiting[]): string[] {
  const names = (isOver: boolean) =>
    waiting.filter((one) => one.isOver === isOver).map(({ name }) => name);
  const [over, going] = [names(true).join(', '), names(false).join(', ')];
  const texts: string[] = [];
  if (over) {
    texts.push(
      `${over} ended when ${client} was closed, and had waited for that: ` +
        `stop what it waits for in the hook itself, or close ${client} in it`,
    );
  }
  if (going) texts.push(`${going} goes on though ${client} is closed: it waits for something else`);
  return texts;
}
