import { Injectable } from '@nestjs/common';
import { Graceful, Tracked } from 'nestjs-graceful';

@Injectable()
export class ImportService {
  constructor(private readonly graceful: Graceful) {}

  // The request is answered, and the work goes on: without track() a shutdown would not know of it.
  start(files: string[]) {
    void this.graceful.track(async () => {
      for (const file of files) {
        if (this.graceful.signal.aborted) break; // take nothing new
        await this.importFile(file);
      }
    }, 'import');
  }

  // Every call counts, whoever makes it.
  @Tracked()
  async importFile(file: string) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    console.log(`${file} is imported`);
  }
}
