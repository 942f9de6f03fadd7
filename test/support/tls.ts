import { readFileSync } from 'node:fs';

const read = (file: string): string =>
  readFileSync(new URL(`./tls/${file}`, import.meta.url), 'utf8');

/**
 * A key and a self-signed certificate for `localhost` and 127.0.0.1, good until 2126 and for tests only. Made by
 *
 *   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 \
 *     -keyout test/support/tls/key.pem -out test/support/tls/cert.pem \
 *     -subj "/CN=localhost" -addext "subjectAltName=DNS:localhost,IP:127.0.0.1"
 */
export const tlsFiles = { key: read('key.pem'), cert: read('cert.pem') };
