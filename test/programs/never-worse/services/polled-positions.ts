import { Module } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { createApplication, listen, tell, theModule } from '../pair.js';

/** Takes positions, and answers none. */
@WebSocketGateway()
class Positions {
  @SubscribeMessage('position')
  take(@MessageBody() name: string): void {
    tell('handled', { name });
  }
}

@Module({ imports: theModule(), providers: [Positions] })
class App {}

const app = await createApplication(App, { logger: ['warn', 'error', 'log'] });
app.useWebSocketAdapter(new IoAdapter(app));
await listen(app);
