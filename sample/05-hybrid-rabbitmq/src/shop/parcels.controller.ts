import { Controller, Logger } from '@nestjs/common';
import { Ctx, EventPattern, Payload, type RmqContext } from '@nestjs/microservices';
import type { Channel, Message } from 'amqplib';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.js';

/** Messages that are acknowledged by hand. */
@Controller()
export class ParcelsController {
  private readonly logger = new Logger('Parcels');

  constructor(private readonly ledger: Ledger) {}

  @EventPattern<unknown>('parcel.pack')
  async pack(@Payload() { id }: { id: number }, @Ctx() context: RmqContext): Promise<void> {
    this.logger.log(`parcel ${id} begun`);
    await this.ledger.write({ parcelBegun: id });
    await sleep(200); // the packing
    await this.ledger.write({ parcel: id });
    (context.getChannelRef() as Channel).ack(context.getMessage() as Message);
  }
}
