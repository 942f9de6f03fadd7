import { Module } from '@nestjs/common';
import { Ledger } from './ledger.js';
import { MailsController } from './mails.controller.js';
import { OrdersController } from './orders.controller.js';
import { ParcelsController } from './parcels.controller.js';

@Module({
  controllers: [MailsController, OrdersController, ParcelsController],
  providers: [{ provide: Ledger, useFactory: () => Ledger.open() }],
})
export class ShopModule {}
