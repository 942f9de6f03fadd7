import { Injectable, type Type } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { HttpApp } from '../../support/http-app.js';
import { jobLibraries, load } from '../../support/job-libraries.js';
import { exampleOf } from '../../support/page-example.js';
import { describeWith } from '../../support/services.js';
import { TelegramStub } from '../../support/telegram-stub.js';
import { Work } from '../../support/work.js';

type Handle = (text: string) => Promise<void>;

interface Context {
  readonly message?: { readonly text?: string };
}

interface Telegraf {
  use(handler: (context: Context) => Promise<void>): void;
  launch(): Promise<void>;
  stop(): void;
}

interface Grammy {
  use(handler: (context: Context) => Promise<void>): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Library {
  readonly name: string;
  /** Whether the updates of a batch run at a time. */
  readonly parallel: boolean;
  readonly provider: (apiRoot: string, handle: Handle) => Promise<Type>;
}

const token = '7:token';

const libraries: Library[] = [
  {
    name: 'telegraf',
    parallel: true,
    async provider(apiRoot, handle) {
      type Class = new (token: string, options: object) => Telegraf;
      const { Telegraf } = await load<{ Telegraf: Class }>('telegraf');

      @Injectable()
      class Support {
        private readonly bot = new Telegraf(token, { telegram: { apiRoot } });

        onModuleInit(): void {
          this.bot.use(({ message }) => handle(String(message?.text)));
          void this.bot.launch();
        }

        onApplicationShutdown(): void {
          this.bot.stop();
        }
      }
      return Support;
    },
  },
  {
    name: 'grammY',
    parallel: false,
    async provider(apiRoot, handle) {
      type Class = new (token: string, options: object) => Grammy;
      const { Bot } = await load<{ Bot: Class }>('grammy');

      @Injectable()
      class Support {
        private readonly bot = new Bot(token, { client: { apiRoot } });

        onModuleInit(): void {
          this.bot.use(({ message }) => handle(String(message?.text)));
          void this.bot.start();
        }

        async onApplicationShutdown(): Promise<void> {
          await this.bot.stop();
        }
      }
      return Support;
    },
  },
];

describe.each(libraries)('$name', ({ parallel, provider }) => {
  describeWith(jobLibraries, () => {
    let stub: TelegramStub | undefined;

    afterEach(() => stub?.stop());

    async function started(options?: null) {
      const telegram = await TelegramStub.start();
      stub = telegram;
      let work!: Work;
      const Support = await provider(telegram.apiRoot, (text) => work.run(text));
      const module = { providers: [Support] };
      const http = await HttpApp.start({ platform: 'Express', module, options });
      work = http.work;
      await eventually('the first poll', () => telegram.polls === 1);
      return { telegram, http, work };
    }

    it('handles the updates in hand, and leaves the others to the next', async () => {
      const { telegram, http, work } = await started();
      telegram.send('one', 'two');
      await work.begun('one');
      http.signal();
      await http.phase('drain');
      telegram.send('late');
      work.finish('one', 'two', 'late');
      expect(await http.exited()).toBe(0);
      expect(work.started).toEqual(parallel ? ['one', 'two'] : ['one']);
      expect(work.finished).toEqual(work.started);
      expect(telegram.left).toEqual(parallel ? ['late'] : ['two', 'late']);
      expect(work.inFlightAtDestroy).toBe(0);
    });

    it('the control: plain Nest cuts them', async () => {
      const { telegram, http, work } = await started(null);
      telegram.send('one');
      await work.begun('one');
      await http.close();
      expect(work.inFlightAtDestroy).toBe(1);
      expect(work.finished).toEqual([]);
      work.finish('one');
    });

    it('an idle bot ends at once, and its poll with it', async () => {
      const { telegram, http } = await started();
      http.signal();
      expect(await http.exited()).toBe(0);
      expect(telegram.polls).toBe(0);
    });
  });
});

describeWith(jobLibraries, () => {
  it('finds the bot of docs/integrations/bots.md', async () => {
    const stub = await TelegramStub.start();

    @Injectable()
    class Replies {
      constructor(private readonly work: Work) {}

      answer(text: string): Promise<void> {
        return this.work.run(text);
      }
    }
    process.env['BOT_TOKEN'] = token;
    process.env['BOT_API'] = stub.apiRoot;
    const page = 'docs/integrations/bots.md';
    const { SupportBot } = await exampleOf<{ SupportBot: Type }>(page, {
      './replies.js': { Replies },
    });
    const providers = [Replies, SupportBot];
    const http = await HttpApp.start({ platform: 'Express', module: { providers } });
    stub.send('hello');
    await http.work.begun('hello');
    http.signal();
    await http.phase('drain');
    http.work.finish('hello');
    expect(await http.exited()).toBe(0);
    expect(stub.left).toEqual([]);
    expect(http.report.sources).toEqual([
      expect.objectContaining({ name: 'grammY of SupportBot', before: 1, finished: 1 }),
    ]);
    stub.stop();
  });
});
