import type { LoggerService } from '@nestjs/common';

/** Keeps what is logged, for tests to read and to wait for. */
export class RecordingLogger implements LoggerService {
  readonly lines: string[] = [];
  readonly errors: string[] = [];
  private readonly watchers = new Set<() => void>();

  log(message: unknown): void {
    this.note(message);
  }

  warn(message: unknown): void {
    this.note(message);
  }

  error(message: unknown): void {
    this.errors.push(String(message));
    this.note(message);
  }

  fatal(message: unknown): void {
    this.error(message);
  }

  debug(): void {}
  verbose(): void {}

  /** Resolves with the first line that matches, past or to come. */
  until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      const look = () => {
        const line = this.lines.find((candidate) => pattern.test(candidate));
        if (line === undefined) return;
        this.watchers.delete(look);
        resolve(line);
      };
      this.watchers.add(look);
      look();
    });
  }

  private note(message: unknown): void {
    this.lines.push(String(message));
    for (const look of [...this.watchers]) look();
  }
}
