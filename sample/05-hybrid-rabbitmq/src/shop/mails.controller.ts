import { Controller, Logger } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { setTimeout as sleep } from 'node:timers/promises';
import { Ledger } from './ledger.js';

/** Messages that nobody acknowledges. */
@Controller()
export class MailsController {
  private readonly logger = new Logger('Mails');

  constructor(private readonly ledger: Ledger) {}

  @EventPattern('mail.send')
  async send(@Payload() { id }: { id: number }): Promise<void> {
    this.logger.log(`mail ${id} begun`);
    await sleep(200); // the mail server
    await this.ledger.write({ mail: id });
  }
}
