/** A hook fails; the log shows warnings and errors only, as that of many services in production. */
import {
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { createApplication, listen, tell, theModule } from './pair.js';

@Injectable()
class Broken implements OnModuleDestroy {
  onModuleDestroy(): void {
    throw new Error('the lease is gone');
  }
}

@Injectable()
class Pool implements OnApplicationShutdown {
  onApplicationShutdown(): void {
    tell('closed');
  }
}

@Module({ imports: theModule(), providers: [Broken, Pool] })
class App {}

await listen(await createApplication(App, { logger: ['warn', 'error'] }));
