import { Injectable } from '@nestjs/common';
import { OnShutdown } from 'nestjs-graceful';

/** Has a task in the phase that the README adds. */
@Injectable()
export class AuditTrail {
  @OnShutdown('audit')
  seal(): void {
    console.log('the audit trail is sealed');
  }
}
