/** The database does not answer at boot, and is asked again and again, as by `TypeOrmModule`. */
import 'reflect-metadata';
import { Module, type Provider } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

const connect = async () => {
  for (let tries = 1; ; tries += 1) {
    tell(`try ${tries}`);
    await sleep(3_000);
  }
};

const databases: Record<string, Provider> = {
  'a provider': { provide: 'DATABASE', useFactory: connect },
  'an init hook': { provide: 'DATABASE', useValue: { onModuleInit: connect } },
};

@Module({ imports: theModule(), providers: [databases[settings['where'] as string]] })
class App {}

await listen(await createApplication(App, { logger: ['warn', 'error', 'log'] }));
