import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { from, type Observable } from 'rxjs';
import { Fleet, type Place } from './fleet.js';

interface Parcel {
  readonly id: string;
}

/** gRPC. */
@Controller()
export class TrackingController {
  constructor(private readonly fleet: Fleet) {}

  @GrpcMethod('Tracking', 'Locate')
  locate({ id }: Parcel): Promise<Place> {
    return this.fleet.locate(id);
  }

  /** Takes a second. */
  @GrpcMethod('Tracking', 'Follow')
  follow({ id }: Parcel): Observable<Place> {
    return from(this.fleet.follow(id, 250));
  }
}
