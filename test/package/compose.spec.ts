import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

it('compose.yaml starts every server of the service tests where they look for it', () => {
  const specs = ['test/services/servers.ts', 'test/services/microservices/servers.ts'].map(read);
  const ports = [...specs.join('').matchAll(/'\w+:\/\/[^'\s]*?127\.0\.0\.1:(\d+)/g)].map(
    ([, port]) => port,
  );
  const published = [...read('compose.yaml').matchAll(/'127\.0\.0\.1:(\d+):\1'/g)].map(
    ([, port]) => port,
  );

  expect(ports).toHaveLength(5);
  expect(published.toSorted()).toEqual(ports.toSorted());
});
