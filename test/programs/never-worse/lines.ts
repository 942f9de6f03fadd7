import {
  ConsoleLogger,
  Injectable,
  Logger,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { createRequire } from 'node:module';
import { createWriteStream, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { createApplication, listen, settings, tell, theModule } from './pair.js';

const {
  file,
  lines,
  alone,
  hidden = false,
  hangs = false,
  flushTimeoutMs = 5_000,
} = settings as unknown as {
  file: string;
  lines: number;
  /** pino alone, to stdout. */
  alone: boolean;
  /** pino is no provider. */
  hidden?: boolean;
  /** The last hook never ends. */
  hangs?: boolean;
  flushTimeoutMs?: number;
};

/** They are installed beside each major of Nest, and not with the repository. */
const load = createRequire(import.meta.url);
const { pino } = load('pino') as { pino: Pino };
const winston = load('winston') as Winston;

interface ToInfo {
  info(line: string): void;
}

interface Pino {
  (options?: object, destination?: object): ToInfo;
  destination(options: object): object;
}

interface Winston {
  createLogger(options: object): ToInfo;
  readonly transports: { readonly Console: new () => object };
}

/** Long enough that the lines of one writer are more than a pipe holds. */
const text = (writer: string, line: number) => `${writer} ${line} ${'x'.repeat(200)}`;

/** A logger of the application's own, as many are: into a file, through a stream. */
class FileLogger {
  private readonly stream = createWriteStream(file);

  log(message: string): void {
    this.stream.write(`${message}\n`);
  }

  warn(message: string): void {
    this.log(message);
  }

  error(message: string): void {
    this.log(message);
  }
}

/** A destination that tells when it is flushed. */
const toStdout = {
  write: (line: string) => void process.stdout.write(line),
  flush: (done: () => void) => {
    tell('flushed');
    done();
  },
};

/** It writes past `process.stdout`, in the middle of other lines: there it writes alone, else to a file. */
const toPino = alone
  ? pino(...(hidden ? [{}, toStdout] : []))
  : pino({}, pino.destination({ dest: `${file}.pino`, sync: false }));
const toWinston = winston.createLogger({ transports: [new winston.transports.Console()] });

/** A thread has no stdout of its own: its lines come through that of the process. */
const THREAD = `
const { parentPort } = require('node:worker_threads');
parentPort.on('message', ({ lines, rest }) => {
  for (let line = 1; line <= lines; line += 1) console.log('thread ' + line + rest);
  parentPort.postMessage('written');
});
`;

@Injectable()
class Audit implements OnApplicationShutdown {
  private readonly logger = new Logger('Audit');
  private readonly thread = new Worker(THREAD, { eval: true });

  constructor(private readonly files: FileLogger) {
    this.thread.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (alone) this.writePino();
    else await this.writeAll();
    writeFileSync(`${file}.over`, '');
    if (hangs) await new Promise(() => undefined);
  }

  private writePino(): void {
    for (let line = 1; line <= lines; line += 1) toPino.info(text('pino', line));
  }

  private async writeAll(): Promise<void> {
    const written = new Promise((resolve) => void this.thread.once('message', resolve));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
    this.thread.postMessage({ lines, rest: ` ${'x'.repeat(200)}` });
    await written;
    for (let line = 1; line <= lines; line += 1) {
      this.logger.log(text('nest', line));
      console.log(text('console', line));
      console.error(text('stderr', line));
      toWinston.info(text('winston', line));
      this.files.log(text('file', line));
    }
    this.writePino();
  }
}

@Module({
  imports: theModule({ platform: 'none', gracePeriodMs: 20_000, flushTimeoutMs }),
  providers: [
    Audit,
    FileLogger,
    ...(hidden ? [] : [{ provide: 'pino', useValue: toPino }]),
    { provide: 'winston', useValue: toWinston },
  ],
})
class App {}

const app = await createApplication(App, { logger: new ConsoleLogger({ colors: false }) });
await listen(app);
tell('ready');
