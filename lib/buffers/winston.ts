import type { Clock } from '../time/clock.js';
import { hasMethods } from '../integrations/kit/shape.js';
import { loggersIn } from './buffer.js';

/** A transport of winston 3, or one of winston 2 in its wrapper. */
interface Transport {
  readonly writableLength: number;
  /** Calls back when the line is out, so far as the transport knows. */
  log?(info: unknown, callback: () => void): unknown;
}

/** Of winston 3: a stream that is piped into its transports. */
interface Winston {
  readonly transports: readonly Transport[];
  readonly readableLength: number;
  readonly writableLength: number;
  on(event: 'error', listener: () => void): unknown;
  once(event: 'finish', listener: () => void): unknown;
  end(): unknown;
}

/** How often a logger is asked whether it is empty, in milliseconds: it has no event for that. */
const POLL_MS = 5;

/** The loggers of winston among these objects. */
export function winston(objects: Iterable<object>, clock: Clock): WinstonOutput[] {
  const roots = [...loggersIn(objects, isWinston)].map(rootOf);
  return [...new Set(roots)].map((logger) => new WinstonOutput(logger, clock));
}

/**
 * A logger whose lines are counted from now on, and that can be ended. winston can't be flushed otherwise, and nothing
 * can be logged after it, so this is for a process that is about to exit.
 */
export class WinstonOutput {
  readonly name = 'winston';
  private pending = 0;

  constructor(
    private readonly logger: Winston,
    private readonly clock: Clock,
  ) {
    for (const transport of logger.transports) this.watch(transport);
  }

  /**
   * `end()` alone loses what its transports have not taken yet (winston 3.19, `_final`), and does not wait for lines that
   * they have taken together (winston-transport 4.9, `_writev`).
   */
  async end(deadline: number): Promise<void> {
    const { logger, clock } = this;
    while (this.busy && clock.now() < deadline) {
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, POLL_MS));
    }
    const finished = new Promise<void>((resolve) => void logger.once('finish', resolve));
    logger.on('error', () => undefined); // whoever logs now is too late, which must not end the process otherwise
    logger.end();
    await finished;
  }

  private get busy(): boolean {
    const streams = [this.logger, ...this.logger.transports];
    const held = streams.some(({ writableLength }) => writableLength > 0);
    return held || this.logger.readableLength > 0 || this.pending > 0;
  }

  private watch(transport: Transport): void {
    const log = transport.log?.bind(transport);
    if (!log) return;
    transport.log = (info, callback) => {
      this.pending += 1;
      return log(info, () => {
        this.pending -= 1;
        callback();
      });
    };
  }
}

/** A child is an object on top of its parent, whose streams it uses. */
function rootOf(logger: Winston): Winston {
  let root: object | null = logger;
  while (root && !Object.hasOwn(root, '_writableState'))
    root = Object.getPrototypeOf(root) as object;
  return (root ?? logger) as Winston;
}

function isWinston(value: unknown): value is Winston {
  const isLogger = hasMethods(value, 'log', 'add', 'remove', 'configure', 'child', 'pipe', 'end');
  return isLogger && Array.isArray((value as Partial<Winston>).transports);
}
