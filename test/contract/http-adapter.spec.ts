import { describe, expect, it } from '@jest/globals';
import { HttpAdapterHost } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { onHttpAdapter } from '../../lib/nest/http-adapter.js';

/** As Nest has it, and as 11.0.0 has it: without `init$`. */
const HOSTS: Array<[how: string, create: () => HttpAdapterHost]> = [
  ['as Nest has it', () => new HttpAdapterHost()],
  [
    'without init$',
    () => Object.defineProperty(new HttpAdapterHost(), 'init$', { value: undefined }),
  ],
];

describe.each(HOSTS)('the host of the HTTP adapter, %s', (_how, create) => {
  it('tells once of an adapter that comes', () => {
    const host = create();
    const adapter = new ExpressAdapter();
    const seen: unknown[] = [];
    onHttpAdapter(host, () => seen.push(host.httpAdapter));
    expect(seen).toEqual([]);

    host.httpAdapter = adapter;

    expect(seen).toEqual([adapter]);
    expect(host.httpAdapter).toBe(adapter);
  });

  it('tells at once of one that is there', () => {
    const host = create();
    host.httpAdapter = new ExpressAdapter();
    let told = 0;
    onHttpAdapter(host, () => (told += 1));
    expect(told).toBe(1);
  });
});
