import { ConsoleLogger, Injectable, Logger } from '@nestjs/common';
import type { ShutdownReport } from '../engine/record.js';
import { printed, type Line } from '../log/line.js';
import { Log } from '../log/log.js';

/** The log of the application, through Nest's own logger. */
@Injectable()
export class NestLog extends Log {
  private readonly logger = new Logger('Graceful');

  say(line: Line): void {
    this.print(line, printed(line));
  }

  sayIfOff(line: Line): void {
    if (loggerInUse() === undefined) process.stderr.write(`[Graceful] ${printed(line)}\n`);
  }

  sayWithReport(line: Line, report: ShutdownReport, format: 'auto' | 'line' | 'object'): void {
    const asObject = format === 'object' || (format === 'auto' && logsJson());
    const message = printed(line);
    this.print(line, asObject ? { message, id: line.id, report } : message);
  }

  flush(): void {
    try {
      Logger.flush();
    } catch {
      // as below
    }
  }

  private print({ level }: Line, message: string | object): void {
    try {
      this.logger[level](message);
    } catch {
      // nobody is left to tell: transports end before their application does
    }
  }
}

/**
 * The logger that `app.useLogger()` or `NestFactory.create()` was given; undefined with `logger: false`, of this
 * application or of one that came later: Nest has one logger for all (common 11 and 12, `Logger.staticInstanceRef`).
 */
export function loggerInUse(): object | undefined {
  const { staticInstanceRef } = Logger as unknown as { staticInstanceRef?: unknown };
  const isObject = typeof staticInstanceRef === 'object' && staticInstanceRef !== null;
  return isObject ? staticInstanceRef : undefined;
}

/** Nest's own logger in its JSON form prints an object as part of the line. */
function logsJson(): boolean {
  const logger = loggerInUse();
  return logger instanceof ConsoleLogger && Reflect.get(logger, 'options')?.json === true;
}
