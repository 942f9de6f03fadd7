import { Controller, Headers, Sse, type MessageEvent } from '@nestjs/common';
import { Observable } from 'rxjs';
import { instance } from './instance.js';

const EVERY_MS = 250;

/**
 * One tick every 250 ms. Its number comes from the clock, so all instances have the same ones, also those of the past:
 * it stands for a log that they share, such as a Redis stream.
 */
@Controller('ticks')
export class TicksController {
  /** A browser that comes back says which event was its last, and goes on from there. */
  @Sse()
  ticks(@Headers('last-event-id') lastEventId?: string): Observable<MessageEvent> {
    return new Observable((client) => {
      let next = lastEventId === undefined ? currentTick() : Number(lastEventId) + 1;
      const send = () => {
        for (; next <= currentTick(); next++) {
          client.next({ id: String(next), data: { by: instance } });
        }
      };
      send();
      const timer = setInterval(send, EVERY_MS);
      return () => clearInterval(timer);
    });
  }
}

function currentTick(): number {
  return Math.floor(Date.now() / EVERY_MS);
}
