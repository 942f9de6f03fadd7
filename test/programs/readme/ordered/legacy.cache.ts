import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** Stands for a class of somebody else's package. */
@Injectable()
export class LegacyCache implements OnModuleDestroy {
  onModuleDestroy(): void {
    console.log('the cache is closed');
  }
}
