import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Place {
  readonly parcel: string;
  /** 0 when it has arrived. */
  readonly stopsLeft: number;
}

const STOPS = 4;

/** Stands for whoever knows where a parcel is. */
@Injectable()
export class Fleet {
  async locate(parcel: string): Promise<Place> {
    await sleep(80); // the lookup
    return { parcel, stopsLeft: STOPS };
  }

  /** One place after another, until it has arrived. */
  async *follow(parcel: string, everyMs: number): AsyncGenerator<Place> {
    for (let stopsLeft = STOPS; stopsLeft > 0; stopsLeft--) {
      yield { parcel, stopsLeft };
      await sleep(everyMs); // the drive
    }
    yield { parcel, stopsLeft: 0 };
  }
}
