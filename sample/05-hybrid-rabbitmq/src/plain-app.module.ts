import { Module } from '@nestjs/common';
import { ShopModule } from './shop/shop.module.js';

/** The same app without the module: the control. */
@Module({ imports: [ShopModule] })
export class PlainAppModule {}
