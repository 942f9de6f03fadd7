import { Module } from '@nestjs/common';
import { Fleet } from './fleet.js';
import { ParcelsController } from './parcels.controller.js';
import { TrackingController } from './tracking.controller.js';

@Module({ controllers: [ParcelsController, TrackingController], providers: [Fleet] })
export class TrackingModule {}
