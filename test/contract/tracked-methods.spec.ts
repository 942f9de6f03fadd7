import 'reflect-metadata';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Param,
  Scope,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type INestApplication,
  type NestInterceptor,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../lib/time/system-clock.js';
import {
  activateRegister,
  assignRegister,
  deactivateRegister,
  Tracked,
} from '../../lib/sources/tracked.decorator.js';
import { WorkRegister } from '../../lib/sources/work-register.js';

// `@Tracked()` replaces the method. Nest finds routes, parameters, enhancers and metadata all the same.

const Mark = Reflector.createDecorator<string>();

@Injectable()
class Marks implements NestInterceptor {
  static seen: unknown[] = [];
  constructor(private readonly reflector: Reflector) {}
  intercept(context: ExecutionContext, next: CallHandler) {
    Marks.seen.push(this.reflector.get(Mark, context.getHandler()));
    return next.handle();
  }
}

const registers = { own: new WorkRegister(systemClock), other: new WorkRegister(systemClock) };
const counts = () => `${registers.own.count} ${registers.other.count}`;

@Controller('static')
class StaticController {
  @Tracked()
  @Mark('below')
  @Get('below/:id')
  @UseInterceptors(Marks)
  async below(@Param('id') id: string): Promise<string> {
    return Promise.resolve(`${id} ${counts()}`);
  }
  @Mark('above')
  @Get('above/:id')
  @UseInterceptors(Marks)
  @Tracked()
  above(@Param('id') id: string): string {
    return `${id} ${counts()}`;
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Worker {
  @Tracked()
  async work(): Promise<string> {
    return Promise.resolve(counts());
  }
}

@Controller({ path: 'scoped', scope: Scope.REQUEST })
class ScopedController {
  constructor(private readonly worker: Worker) {}
  @Get()
  @Tracked()
  async run(): Promise<string> {
    return `${counts()}, ${await this.worker.work()}`;
  }
}

@Module({ controllers: [StaticController, ScopedController], providers: [Worker] })
class AppModule {}

describe('a tracked method of a controller', () => {
  let app: INestApplication;
  const get = async (path: string) => (await fetch(`${await app.getUrl()}${path}`)).text();

  beforeAll(async () => {
    app = await NestFactory.create(AppModule, { logger: false });
    activateRegister(registers.own);
    activateRegister(registers.other);
    assignRegister(app.get(StaticController), registers.own);
    await app.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    deactivateRegister(registers.own);
    deactivateRegister(registers.other);
    await app.close();
  });

  it.each(['below', 'above'])('is a route, with what stands %s', async (place) => {
    Marks.seen = [];
    await expect(get(`/static/${place}/7`)).resolves.toBe('7 1 0');
    expect(Marks.seen).toEqual([place]);
  });

  it('counts on request-scoped and transient objects, which belong to no application', async () => {
    await expect(get('/scoped')).resolves.toBe('1 1, 2 2');
    expect(counts()).toBe('0 0');
  });
});
