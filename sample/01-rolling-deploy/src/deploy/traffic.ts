import type { Answer, PlannedRequest } from 'nestjs-graceful/testing/rig';

const ITEMS = ['tea', 'coffee', 'cocoa', 'mate'];

/** What the clients of the orders API do, and what they were told. */
export class Traffic {
  /** Orders the API has answered with 201: from then on they are a promise. */
  readonly acknowledged = new Map<string, number>();
  /** Orders whose answer never came. */
  readonly unanswered = new Set<string>();
  private readonly ids: number[] = [1];
  private references = 0;

  constructor(private readonly random: () => number) {}

  readonly next = (): PlannedRequest => {
    const dice = this.random();
    if (dice < 0.5) return this.placeOrder();
    if (dice < 0.9)
      return { name: 'GET /orders/:id', method: 'GET', path: `/orders/${this.pick(this.ids)}` };
    if (dice < 0.96) return { name: 'GET /reports/slow', method: 'GET', path: '/reports/slow' };
    return {
      name: 'GET /exports/orders',
      method: 'GET',
      path: '/exports/orders',
      isWhole: hasTrailer,
    };
  };

  private placeOrder(): PlannedRequest {
    const reference = `order-${++this.references}`;
    return {
      name: 'POST /orders',
      method: 'POST',
      path: '/orders',
      body: JSON.stringify({
        reference,
        item: this.pick(ITEMS),
        quantity: 1 + Math.floor(this.random() * 5),
      }),
      onOutcome: (outcome, answer) => {
        if (outcome !== 'ok' || !answer) {
          this.unanswered.add(reference);
          return;
        }
        const { id } = JSON.parse(answer.body) as { id: number };
        this.acknowledged.set(reference, id);
        this.ids.push(id);
      },
    };
  }

  private pick<T>(list: T[]): T {
    return list[Math.floor(this.random() * list.length)];
  }
}

/** An HTTP body can end in good order although the export behind it failed: only the last line proves it whole. */
function hasTrailer({ body }: Answer): boolean {
  const lines = body.trimEnd().split('\n');
  return lines[lines.length - 1] === JSON.stringify({ exported: lines.length - 1 });
}
