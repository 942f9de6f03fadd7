import { describe, expect, it } from '@jest/globals';
import type {
  Integration,
  IntegrationHost,
  WorkInFlight,
  WorkSource,
} from '../../lib/engine/integration.js';
import { integrationContract } from '../../lib/testing/integration-contract.js';
import type { IntegrationRig, PieceFate } from '../../lib/testing/integration-rig.js';
import { HttpApp } from '../support/http-app.js';
import { itKeepsTheContract } from '../support/integration-contract.js';

/** A queue and its worker, as small as can be. */
class Belt {
  readonly fates = new Map<string, PieceFate>();
  private readonly waiting: string[] = [];
  private readonly running = new Set<string>();
  private stopped = false;

  constructor(private readonly work: (piece: string) => Promise<void>) {}

  add(piece: string): void {
    this.fates.set(piece, 'waiting');
    this.waiting.push(piece);
    this.move();
  }

  set moving(moving: boolean) {
    this.stopped = !moving;
    this.move();
  }

  giveBack(): void {
    for (const piece of this.running) this.fates.set(piece, 'waiting');
  }

  async handle(piece: string): Promise<void> {
    await this.work(piece);
  }

  private move(): void {
    for (const piece of this.stopped ? [] : this.waiting.splice(0)) {
      this.fates.delete(piece);
      this.running.add(piece);
      const end = (fate: PieceFate) => () => {
        this.running.delete(piece);
        this.fates.set(piece, fate);
      };
      this.handle(piece).then(end('completed'), end('failed'));
    }
  }
}

/** The functions of a source, which need no `this`. */
interface Sound {
  takeAgain(this: void): unknown;
  inFlight(this: void): readonly WorkInFlight[];
  finished(this: void, ...until: Parameters<WorkSource['finished']>): Promise<void>;
}

type Changes = (source: Sound, belt: Belt, host: IntegrationHost) => Partial<WorkSource>;

/** Sound, but for the changes. */
function belts(changes: Changes = () => ({})): Integration {
  return {
    name: 'belts',
    attach(host) {
      for (const { object } of host.objects()) {
        if (object instanceof Belt) watch(object, host, changes);
      }
    },
  };
}

function watch(belt: Belt, host: IntegrationHost, changes: Changes): void {
  const pieces = host.counter();
  const handle = belt.handle.bind(belt);
  belt.handle = async (piece) => {
    const end = pieces.begin('piece');
    try {
      await handle(piece);
    } finally {
      end();
    }
  };
  const source: WorkSource & Sound = {
    name: 'belt',
    kind: 'job',
    stopTaking: () => void (belt.moving = false),
    takeAgain: () => void (belt.moving = true),
    inFlight: () => pieces.list(),
    finished: (signal) => pieces.idle(signal),
    release: () => belt.giveBack(),
  };
  host.add({ ...source, ...changes(source, belt, host) });
}

/** Serves until `finished` is called. */
const serving: Changes = ({ finished }, belt) => ({
  stopTaking: () => undefined,
  finished: (...until) => {
    belt.moving = false;
    return finished(...until);
  },
});

/** Its work is begun by other work. */
const inside: Changes = () => ({ kind: 'work', stopTaking: () => undefined });

function rig(
  integration: Integration,
  settings: Partial<IntegrationRig> = {},
  gracePeriodMs = 60_000,
): IntegrationRig {
  return {
    integration,
    keeps: true,
    givesBack: true,
    async start({ integrations, work }) {
      const belt = new Belt(work);
      const app = await HttpApp.start({
        platform: 'Express',
        options: { integrations, gracePeriodMs },
        module: { providers: [{ provide: Belt, useValue: belt }] },
      });
      return {
        offer: (piece) => belt.add(piece),
        fateOf: (piece) => belt.fates.get(piece),
        close: () => app.close(),
      };
    },
    ...settings,
  };
}

const untilFinished = { takesUntil: 'finished', takesAgain: false, keeps: false } as const;
const always = { takesUntil: 'always', keeps: false } as const;

describe.each([
  ['stopTaking()', rig(belts())],
  ['finished()', rig(belts(serving), untilFinished)],
  ['its end', rig(belts(inside), always)],
  ['stopTaking(), one piece at a time', rig(belts(), { concurrency: 1 })],
])('a sound source that takes until %s', (_until, soundRig) => {
  itKeepsTheContract(soundRig);
});

const never = () => new Promise<never>(() => undefined);

/** A counter of all applications together. */
const shared = { count: 0 };

/** A source for each way to break each promise, and what the suite says about it. */
const broken: ReadonlyArray<
  [promise: string, flaw: string, Integration, says: RegExp, settings?: Partial<IntegrationRig>]
> = [
  [
    'is found, by name, with nothing in flight',
    'is not found',
    { name: 'none', attach: () => undefined },
    /expected attach\(\) to add a source, got 0/,
  ],
  [
    'is found, by name, with nothing in flight',
    'has no name',
    belts(() => ({ name: '' })),
    /expected a name, got ""/,
  ],
  [
    'names what is in flight, with its age, until it is over',
    'says nothing',
    belts(() => ({ inFlight: () => [] })),
    /in flight while one runs: expected 1, got 0/,
  ],
  [
    'names what is in flight, with its age, until it is over',
    'gives no name',
    belts(() => ({ inFlight: () => [{ name: '' }] })),
    /expected a name for what runs, got ""/,
  ],
  [
    'names what is in flight, with its age, until it is over',
    'does not age',
    belts(() => ({ inFlight: () => [{ name: 'piece', ageMs: 1 }] })),
    /expected the age to grow within \d+ ms; it is 1/,
  ],
  [
    'names what is in flight, with its age, until it is over',
    'does not end',
    belts(() => ({ inFlight: () => [{ name: 'piece' }] })),
    /expected inFlight\(\) to have 0 within \d+ ms; it has 1/,
  ],
  [
    'counts each piece that is in flight',
    'counts no further than one',
    belts(({ inFlight }) => ({ inFlight: () => inFlight().slice(0, 1) })),
    /in flight while two run: expected 2, got 1/,
  ],
  [
    'names hold nothing of what the work is about',
    'tells the payload',
    belts(() => ({ inFlight: () => [{ name: 'piece {"password":"secret-4929"}' }] })),
    /expected \[\], got \["piece/,
  ],
  [
    'work that fails is over, and its failure is told',
    'swallows errors',
    belts((_source, belt) => {
      const handle = belt.handle.bind(belt);
      belt.handle = (piece) => handle(piece).catch(() => undefined);
      return {};
    }),
    /'failing' to be failed within \d+ ms; it is completed/,
  ],
  [
    'work that fails is over, and its failure is told',
    'goes on counting',
    belts(({ inFlight }, belt) => {
      const leaked: { name: string }[] = [];
      const handle = belt.handle.bind(belt);
      belt.handle = (piece) =>
        handle(piece).catch((error: unknown) => {
          leaked.push({ name: 'piece' });
          throw error;
        });
      return { inFlight: () => [...inFlight(), ...leaked] };
    }),
    /to have 0 within \d+ ms; it has 1/,
  ],
  [
    'when idle it is stopped and finished at once',
    'waits for nothing',
    belts(() => ({ finished: never })),
    /expected finished\(\) of an idle source to be done/,
  ],
  [
    'when idle it is stopped and finished at once',
    'hangs when it is stopped',
    belts(() => ({ stopTaking: never })),
    /expected stopTaking\(\) to be done/,
  ],
  [
    'what runs goes on after stopTaking(), and finished() waits for it',
    'does not wait',
    belts(() => ({ finished: async () => undefined })),
    /finished\(\) while 2 run: expected "pending", got "settled"/,
  ],
  [
    'what runs goes on after stopTaking(), and finished() waits for it',
    'waits for the first',
    belts(({ inFlight }) => ({
      async finished(signal) {
        const before = inFlight().length;
        const isSame = () => before > 0 && inFlight().length === before;
        while (!signal.aborted && isSame()) await turn();
      },
    })),
    /finished\(\) while 1 run: expected "pending", got "settled"/,
  ],
  [
    'takes nothing after stopTaking()',
    'takes on',
    belts(() => ({ stopTaking: () => undefined })),
    /what has begun: expected \["one"\], got \["one","late"\]/,
  ],
  [
    'takes until finished(), and nothing after',
    'takes on',
    belts(inside),
    /what has begun: expected \["one"\], got \["one","late"\]/,
    untilFinished,
  ],
  [
    'takes until finished(), and nothing after',
    'stops too early',
    belts(),
    /expected 'one' to begin/,
    untilFinished,
  ],
  [
    'finished() waits for what begins meanwhile',
    'waits for what was there',
    belts((source, belt, host) => {
      const before = host.counter();
      const handle = belt.handle.bind(belt);
      let asked = false;
      belt.handle = (piece) =>
        asked ? handle(piece) : handle(piece).finally(before.begin('piece'));
      return {
        ...inside(source, belt, host),
        finished: (signal) => {
          asked = true;
          return before.idle(signal);
        },
      };
    }),
    /finished\(\) while what began meanwhile runs: expected "pending"/,
    always,
  ],
  [
    'at its deadline finished() ends, and release() does not wait',
    'goes on waiting',
    belts(({ finished }) => ({
      finished: (_signal, remainingMs) => finished(new AbortController().signal, remainingMs),
    })),
    /expected finished\(\) at its abort to be done/,
  ],
  [
    'at its deadline finished() ends, and release() does not wait',
    'hangs when it lets go',
    belts(() => ({ release: never })),
    /expected release\(\) to be done/,
  ],
  [
    'release() gives back what could not finish',
    'keeps it',
    belts(() => ({ release: () => undefined })),
    /expected 'long' to be waiting within \d+ ms; it is unknown/,
  ],
  [
    'takes again after takeAgain(), every time',
    'can not',
    belts(() => ({ takeAgain: undefined })),
    /sources without takeAgain\(\): expected \[\], got \["belt"\]/,
  ],
  [
    'takes again after takeAgain(), every time',
    'does so once',
    belts(({ takeAgain }) => {
      let times = 0;
      return { takeAgain: () => void ((times += 1) === 1 && takeAgain?.()) };
    }),
    /expected 'kept 2' to begin/,
  ],
  [
    'an application that closes waits for what runs',
    'does not wait',
    belts(() => ({ finished: async () => undefined })),
    /closed while work runs: expected false, got true/,
    { quietMs: 300 }, // time enough for it to close on a busy machine
  ],
  [
    'another application in the process is none of its business',
    'counts them all together',
    belts(({ inFlight }, belt) => {
      const handle = belt.handle.bind(belt);
      belt.handle = (piece) => {
        shared.count += 1;
        return handle(piece).finally(() => (shared.count -= 1));
      };
      return { inFlight: () => (shared.count > 0 ? [{ name: 'piece' }] : inFlight()) };
    }),
    /in flight in another application: expected \[\]/,
  ],
  [
    'adds nothing and touches nothing where its library is not',
    'takes a mock for a belt',
    {
      name: 'belts',
      attach(host) {
        for (const { object } of host.objects()) {
          if (typeof (object as Belt).handle === 'function')
            watch(object as Belt, host, () => ({}));
        }
      },
    },
    /expected no change to an object of somebody else/,
  ],
  [
    'adds nothing and touches nothing where its library is not',
    'is there without belts',
    {
      name: 'belts',
      attach: (host) => host.add({ name: 'ghost', kind: 'job' } as WorkSource),
    },
    /expected no source, got 'ghost'/,
  ],
];

describe('a broken source is found out', () => {
  it.each(broken)('%s: one that %s', async (promise, _flaw, integration, says, settings = {}) => {
    const impatient = rig(integration, { patienceMs: 500, quietMs: 10, ...settings }, 1_000);
    const { run } = integrationContract(impatient).find(({ name }) => name === promise) ?? {
      run: async () => undefined,
    };
    await expect(run()).rejects.toThrow(says);
  });

  it('for every promise there is', () => {
    const promises = [rig(belts()), rig(belts(), untilFinished), rig(belts(), always)]
      .flatMap((sound) => integrationContract(sound))
      .map(({ name }) => name);
    expect(new Set(broken.map(([promise]) => promise))).toEqual(new Set(promises));
  });
});

async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}
