import { Module } from '@nestjs/common';
import { WriterLock } from '../vendor/writer-lock.js';
import { Database } from './database.js';
import { Registry } from './registry.js';
import { UsedKeys } from './used-keys.js';

@Module({
  providers: [Database, Registry, UsedKeys, WriterLock],
  exports: [Database, UsedKeys],
})
export class InfrastructureModule {}
