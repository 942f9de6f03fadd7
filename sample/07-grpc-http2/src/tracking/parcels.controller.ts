import { Controller, Get, Param, StreamableFile } from '@nestjs/common';
import { Readable } from 'node:stream';
import { Fleet, type Place } from './fleet.js';

/** HTTP/2. */
@Controller('parcels')
export class ParcelsController {
  constructor(private readonly fleet: Fleet) {}

  @Get(':id')
  locate(@Param('id') id: string): Promise<Place> {
    return this.fleet.locate(id);
  }

  /** A long download, of 1.6 seconds: a line of JSON for each place. */
  @Get(':id/journey')
  journey(@Param('id') id: string): StreamableFile {
    const places = this.fleet.follow(id, 400);
    return new StreamableFile(Readable.from(linesOf(places), { objectMode: false }));
  }
}

async function* linesOf(rows: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const row of rows) yield `${JSON.stringify(row)}\n`;
}
