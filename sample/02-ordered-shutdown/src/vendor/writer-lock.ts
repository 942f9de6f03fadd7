import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';

/**
 * Stands for a class of somebody else's package, which we can't decorate: whoever holds the lock is the only one that
 * writes to the database. When it is released, another instance begins to.
 */
@Injectable()
export class WriterLock implements OnModuleDestroy {
  private readonly logger = new Logger(WriterLock.name);

  onModuleDestroy(): void {
    this.logger.log('released');
  }
}
