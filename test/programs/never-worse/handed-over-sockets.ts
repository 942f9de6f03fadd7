import { Controller, Get, Injectable, Module, type OnModuleDestroy } from '@nestjs/common';
import { createServer, type AddressInfo } from 'node:net';
import { createApplication, settings, tell, theModule } from './pair.js';

let open = true;

@Injectable()
class Pool implements OnModuleDestroy {
  onModuleDestroy(): void {
    open = false;
  }
}

@Controller('orders')
class Orders {
  @Get()
  list(): string {
    return open ? 'done' : 'the pool is closed';
  }
}

@Module({
  imports: theModule({
    gracePeriodMs: 10_000,
    propagationFloorMs: 1_500,
    propagationQuietMs: 500,
    propagationCapMs: 3_000,
  }),
  controllers: [Orders],
  providers: [Pool],
})
class App {}

// A parser of the PROXY protocol accepts the connections, and hands them over when it has read its line.
const app = await createApplication(App, { logger: ['warn', 'error', 'log'] });
await app.init();
if (settings.platform === 'fastify') await app.getHttpAdapter().getInstance().ready();
const front = createServer((socket) => app.getHttpServer().emit('connection', socket));
process.once('SIGTERM', () => tell('told'));
front.listen(0, '127.0.0.1', () => {
  tell('listening', { port: (front.address() as AddressInfo).port });
});
