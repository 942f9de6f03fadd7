import { Injectable } from '@nestjs/common';
import { Command, CommandBus, CommandHandler, CqrsModule } from '@nestjs/cqrs';
import { EventEmitter2, EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import { Interval, ScheduleModule } from '@nestjs/schedule';
import { describe } from '@jest/globals';
import { cqrs } from '../../../lib/integrations/cqrs.js';
import { eventEmitter } from '../../../lib/integrations/event-emitter.js';
import { schedule } from '../../../lib/integrations/schedule.js';
import { itKeepsTheContract } from '../../support/integration-contract.js';
import { Fates, httpRig, loggedFailure } from './http-rig.js';

describe('@nestjs/schedule', () => {
  itKeepsTheContract(
    httpRig(schedule, { keeps: true }, (work) => {
      const [fates, waiting]: [Fates, string[]] = [new Fates(), []];

      @Injectable()
      class Jobs {
        @Interval(5)
        async tick(): Promise<void> {
          const piece = waiting.shift();
          if (piece === undefined) return;
          await work(piece);
          fates.set(piece, 'completed');
        }
      }

      return {
        module: { imports: [ScheduleModule.forRoot()], providers: [Jobs] },
        use: (_app, http) => ({
          offer: (piece) => void waiting.push(piece),
          fateOf: (piece) => fates.of(piece) ?? loggedFailure(http),
        }),
      };
    }),
  );
});

describe('@nestjs/event-emitter', () => {
  itKeepsTheContract(
    httpRig(eventEmitter, { takesUntil: 'always' }, (work) => {
      const fates = new Fates();

      @Injectable()
      class Receipts {
        @OnEvent('ordered')
        async print({ piece }: { piece: string }): Promise<void> {
          await work(piece);
          fates.set(piece, 'completed');
        }
      }

      return {
        module: { imports: [EventEmitterModule.forRoot()], providers: [Receipts] },
        use: (app, http) => ({
          offer: (piece) => void app.get(EventEmitter2).emit('ordered', { piece }),
          fateOf: (piece) => fates.of(piece) ?? loggedFailure(http),
        }),
      };
    }),
  );
});

describe('@nestjs/cqrs', () => {
  itKeepsTheContract(
    httpRig(cqrs, { takesUntil: 'always' }, (work) => {
      const fates = new Fates();

      class Ship extends Command<void> {
        constructor(readonly piece: string) {
          super();
        }
      }

      @CommandHandler(Ship)
      class ShipHandler {
        execute({ piece }: Ship): Promise<void> {
          return work(piece);
        }
      }

      return {
        module: { imports: [CqrsModule.forRoot()], providers: [ShipHandler] },
        use: (app) => ({
          offer: (piece) => fates.watch(piece, app.get(CommandBus).execute(new Ship(piece))),
          fateOf: fates.of,
        }),
      };
    }),
  );
});
