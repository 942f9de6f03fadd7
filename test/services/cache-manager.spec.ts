import { createKeyv, type default as KeyvRedis } from '@keyv/redis';
import { CACHE_MANAGER, CacheModule, type Cache } from '@nestjs/cache-manager';
import {
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { afterAll, expect, it } from '@jest/globals';
import type { Keyv } from 'keyv';
import { HttpApp } from '../support/http-app.js';
import { describeWith } from '../support/services.js';
import { redis, redisUrl, unique } from './servers.js';

const namespace = unique('cache');

@Injectable()
class Sessions implements OnModuleDestroy {
  constructor(@Inject(CACHE_MANAGER) private readonly cache: Cache) {}

  async onModuleDestroy(): Promise<void> {
    await this.cache.set('sessions', 'saved');
  }
}

@Injectable()
class Prices implements OnApplicationShutdown {
  constructor(@Inject(CACHE_MANAGER) private readonly cache: Cache) {}

  async onApplicationShutdown(): Promise<void> {
    await this.cache.set('prices', 'saved');
  }
}

@Module({ providers: [Sessions, Prices] })
class ShopModule {}

describeWith(redis, () => {
  const open = (): Keyv => createKeyv({ url: redisUrl }, { namespace });
  const outside = open();

  afterAll(async () => {
    await outside.clear();
    await outside.disconnect();
  });

  async function close(options: {} | null) {
    await outside.clear();
    const store = open();
    const cache = CacheModule.register({ stores: [store], isGlobal: true });
    const module = { imports: [ShopModule, cache] };
    const app = await HttpApp.start({ platform: 'Express', options, module });
    await store.set('warm', 'up');
    await app.close();
    const { client } = store.store as KeyvRedis<unknown>;
    const isOpen = client.isOpen;
    if (isOpen) await store.disconnect();
    const saved = await outside.getMany(['sessions', 'prices']);
    return { saved, isOpen, app };
  }

  it('last values reach the cache, and its connection is closed after them', async () => {
    const { saved, isOpen, app } = await close({});

    expect(saved).toEqual(['saved', 'saved']);
    expect(isOpen).toBe(false);
    expect(app.report.outcome).toBe('clean');
  });

  it('the control: on plain Nest a closed cache connects again, and stays so', async () => {
    const { isOpen } = await close(null);

    expect(isOpen).toBe(true);
  });
});
