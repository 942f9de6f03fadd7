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

it('the public CI has the same servers', () => {
  const images = (text: string) => [...text.matchAll(/image: (\S+)/g)].map(([, image]) => image);
  const workflow = read('.github/workflows/ci.yml');
  // A job service takes no command, so this one is started from compose.yaml.
  expect(workflow).toContain('docker compose up --detach --wait mosquitto');
  const elsewhere = ['eclipse-mosquitto:2'];
  expect([...images(workflow), ...elsewhere].toSorted()).toEqual(
    images(read('compose.yaml')).toSorted(),
  );
});
