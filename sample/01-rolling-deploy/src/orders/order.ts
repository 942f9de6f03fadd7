export class NewOrder {
  /** The client's own number for the order, as payment providers ask for. */
  reference!: string;
  item!: string;
  quantity!: number;
}

export class Order extends NewOrder {
  id!: number;
}

export class ItemTotal {
  item!: string;
  orders!: number;
  quantity!: number;
}
