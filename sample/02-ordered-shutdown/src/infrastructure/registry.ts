import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { OnAnnounce, type ShutdownContext } from 'nestjs-graceful';

/** Where clients look up who serves orders. They must stop finding us before anything else happens. */
@Injectable()
export class Registry implements OnApplicationBootstrap {
  private readonly logger = new Logger(Registry.name);
  private readonly entry = `${process.env.OUTSIDE_URL}/registry/orders-1`;

  async onApplicationBootstrap(): Promise<void> {
    await fetch(this.entry, { method: 'PUT' });
  }

  @OnAnnounce({ timeoutMs: 500 })
  async leave({ signal }: ShutdownContext): Promise<void> {
    await fetch(this.entry, { method: 'DELETE', signal });
    this.logger.log('left');
  }
}
