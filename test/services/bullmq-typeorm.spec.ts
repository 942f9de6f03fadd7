import { InjectQueue, BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Queue, type Job } from 'bullmq';
import { Column, DataSource, Entity, PrimaryGeneratedColumn, Repository } from 'typeorm';
import { HttpApp } from '../support/http-app.js';
import { describeWith } from '../support/services.js';
import { Work } from '../support/work.js';
import { postgresAndRedis, postgresUrl, redisUrl, unique } from './servers.js';

const table = unique('parcel');
const parcels = unique('parcels');
const receipts = unique('receipts');

@Entity(table)
class Parcel {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column('text')
  address!: string;
}

/** Each job does one thing after the test has let it go on. */
@Processor(parcels)
class Parcels extends WorkerHost {
  static readonly work = new Work();

  constructor(
    @InjectRepository(Parcel) private readonly repository: Repository<Parcel>,
    @InjectQueue(receipts) private readonly queue: Queue,
  ) {
    super();
  }

  async process({ name, id }: Job): Promise<void> {
    await Parcels.work.run(String(id));
    if (name === 'save') await this.repository.save({ address: String(id) });
    if (name === 'enqueue') await this.queue.add('receipt', {}, { jobId: `receipt-of-${id}` });
  }
}

@Module({
  imports: [
    TypeOrmModule.forFeature([Parcel]),
    BullModule.registerQueue({ name: parcels }, { name: receipts }),
  ],
  providers: [Parcels],
})
class ParcelsModule {}

describeWith(postgresAndRedis, () => {
  const connection = { url: redisUrl };
  let queues: Record<'parcels' | 'receipts', Queue>;

  beforeAll(() => {
    queues = {
      parcels: new Queue(parcels, { connection }),
      receipts: new Queue(receipts, { connection }),
    };
  });

  afterAll(async () => {
    for (const queue of Object.values(queues)) {
      await queue.obliterate({ force: true });
      await queue.close();
    }
    const database = new DataSource({ type: 'postgres', url: postgresUrl });
    await database.initialize();
    await database.query(`DROP TABLE IF EXISTS ${table}`);
    await database.destroy();
  });

  /** Closes the application while a job runs, which goes on when its worker has been told to stop. */
  async function closeAmid(job: 'save' | 'enqueue', options: {} | null): Promise<Job> {
    const jobId = `${job}-${options ? 'graceful' : 'plain'}`;
    const app = await HttpApp.start({
      platform: 'Express',
      options,
      module: {
        imports: [
          // The order by which Nest closes the database first.
          BullModule.forRoot({ connection }),
          ParcelsModule,
          TypeOrmModule.forRoot({
            type: 'postgres',
            url: postgresUrl,
            entities: [Parcel],
            synchronize: true,
          }),
        ],
      },
    });
    await queues.parcels.add(job, {}, { jobId });
    await Parcels.work.begun(jobId);
    const { worker } = app.app.get(Parcels, { strict: false });
    worker.once('closing', () => Parcels.work.finish(jobId));
    const closed = app.close();
    if (options) {
      // Before any hook the job is waited for.
      await app.phase('drain');
      Parcels.work.finish(jobId);
    }
    await closed;
    const ended = await queues.parcels.getJob(jobId);
    if (!ended) throw new Error('the job has vanished');
    return ended;
  }

  it('a running job still has its database', async () => {
    const job = await closeAmid('save', {});

    expect(job.failedReason).toBeUndefined();
    expect(await job.getState()).toBe('completed');
  });

  it('a running job can enqueue another', async () => {
    const job = await closeAmid('enqueue', {});

    expect(job.failedReason).toBeUndefined();
    expect(await job.getState()).toBe('completed');
    expect(await queues.receipts.getJob(`receipt-of-${job.id}`)).toBeDefined();
  });

  it.each([
    ['save', /DataSource|Connection|driver|pool/i],
    ['enqueue', /Connection is closed/],
  ] as const)('the control: on plain Nest the job "%s" is lost', async (name, why) => {
    const job = await closeAmid(name, null);

    expect(await job.getState()).toBe('failed');
    expect(job.failedReason).toMatch(why);
  });
});
