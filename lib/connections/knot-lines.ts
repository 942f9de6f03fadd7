import type { Line } from '../log/line.js';
import { hookWaitedForClient, hookWaitsForMore } from '../log/order-lines.js';

/** A hook that still ran when a client was closed under it, and whether it has ended by that. */
interface Waiting {
  readonly name: string;
  readonly isOver: boolean;
}

/** Which of those that still ran had waited for the very call that waited for them, and which wait for something else. */
export function knotLines(client: string, waiting: readonly Waiting[]): Line[] {
  const names = (isOver: boolean) =>
    waiting.filter((one) => one.isOver === isOver).map(({ name }) => name);
  const [over, going] = [names(true), names(false)];
  return [
    ...(over.length > 0 ? [hookWaitedForClient({ client, tasks: over })] : []),
    ...(going.length > 0 ? [hookWaitsForMore({ client, tasks: going })] : []),
  ];
}
