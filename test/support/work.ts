import {
  Controller,
  Get,
  HttpCode,
  Injectable,
  Param,
  Post,
  Req,
  Res,
  StreamableFile,
} from '@nestjs/common';
import type { OnModuleDestroy } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/** Work that begins when a request asks for it, and ends when the test says so. */
@Injectable()
export class Work implements OnModuleDestroy {
  readonly started: string[] = [];
  readonly finished: string[] = [];
  inFlight = 0;
  /** How much was in flight when Nest destroyed this provider; `undefined` until then. */
  inFlightAtDestroy?: number;
  private readonly stages = new Map<string, Stage>();
  private readonly calls = new Map<string, () => Promise<unknown>>();

  /** Resolves when the work has begun. */
  begun(name: string): Promise<void> {
    return this.stage(name, 'begun').promise;
  }

  /** Lets the work finish, now or as soon as it has begun. */
  finish(...names: string[]): void {
    for (const name of names) this.stage(name, 'finish').resolve();
  }

  /** Has the work await something instead of the test. */
  awaits(name: string, call: () => Promise<unknown>): void {
    this.calls.set(name, call);
  }

  async run(name: string): Promise<void> {
    this.inFlight += 1;
    this.started.push(name);
    this.stage(name, 'begun').resolve();
    await (this.calls.get(name)?.() ?? this.stage(name, 'finish').promise);
    this.finished.push(name);
    this.inFlight -= 1;
  }

  onModuleDestroy(): void {
    this.inFlightAtDestroy = this.inFlight;
  }

  private stage(name: string, kind: 'begun' | 'finish'): Stage {
    const key = `${kind} ${name}`;
    const known = this.stages.get(key);
    if (known) return known;
    let resolve!: () => void;
    const promise = new Promise<void>((settle) => (resolve = settle));
    const stage = { promise, resolve };
    this.stages.set(key, stage);
    return stage;
  }
}

interface Stage {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

type Reply = ServerResponse & { raw?: ServerResponse };

/** Ways in which handlers take their time and answer. */
@Controller()
export class WorkController {
  constructor(private readonly work: Work) {}

  @Get('fast')
  fast(): string {
    return 'fast';
  }

  @Get('work/:name')
  async get(@Param('name') name: string): Promise<string> {
    await this.work.run(name);
    return `did ${name}`;
  }

  /** Its body is read before it begins. */
  @Post('work/:name')
  @HttpCode(200)
  async post(@Param('name') name: string, @Req() { body }: { body: object }): Promise<string> {
    await this.work.run(name);
    return `did ${name} with ${JSON.stringify(body)}`;
  }

  /** Answers without a look at the body. */
  @Post('unread')
  @HttpCode(200)
  unread(): string {
    return 'unread';
  }

  @Get('nothing/:name')
  async nothing(@Param('name') name: string): Promise<void> {
    await this.work.run(name);
  }

  @Get('file/:name')
  async file(@Param('name') name: string): Promise<StreamableFile> {
    await this.work.run(name);
    return new StreamableFile(Readable.from([`file of ${name}`]));
  }

  @Get('failing/:name')
  async failing(@Param('name') name: string): Promise<never> {
    await this.work.run(name);
    throw new Error(`${name} failed`);
  }

  /** Sends the first half at once and the other when the work is done. */
  @Get('stream/:name')
  async stream(@Param('name') name: string, @Res() reply: Reply): Promise<void> {
    const response = reply.raw ?? reply;
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write('first half, ');
    await this.work.run(name);
    response.end('second half');
  }

  /** The same with a length. */
  @Get('sized/:name')
  async sized(@Param('name') name: string, @Res() reply: Reply): Promise<void> {
    const response = reply.raw ?? reply;
    response.setHeader('Content-Length', 23);
    response.write('first half, ');
    await this.work.run(name);
    response.end('second half');
  }
}
