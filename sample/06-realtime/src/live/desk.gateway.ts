import { Logger } from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { setTimeout as sleep } from 'node:timers/promises';
import { instance } from './instance.js';

interface Question {
  readonly id: string;
}

/** Answers every question, after some work. */
@WebSocketGateway({ path: '/desk' })
export class DeskGateway {
  private readonly logger = new Logger('Desk');

  @SubscribeMessage('ask')
  async ask(@MessageBody() { id }: Question) {
    await sleep(200); // the work
    this.logger.log(`question ${id} done`);
    return { event: 'answer', data: { id, by: instance } };
  }
}
