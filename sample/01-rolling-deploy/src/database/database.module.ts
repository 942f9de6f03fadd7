import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { Database } from './database.js';
import { DatabaseReadiness } from './database.readiness.js';

@Module({
  imports: [TerminusModule],
  providers: [Database, DatabaseReadiness],
  exports: [Database],
})
export class DatabaseModule {}
