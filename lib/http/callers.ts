import { isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';
import type { AddressClass } from '../engine/record.js';

/**
 * The families of `User-Agent` that are told apart. A closed list, because the header is the client's own text: a name, a
 * token or an address may be in it. More particular ones come first, for browsers claim to be each other.
 */
const FAMILIES: ReadonlyArray<readonly [family: string, pattern: RegExp]> = [
  ['kube-probe', /^kube-probe\//],
  ['ELB-HealthChecker', /^ELB-HealthChecker\//],
  ['GoogleHC', /^GoogleHC\//],
  ['Consul', /^Consul\b/],
  ['Prometheus', /^(Prometheus|vm_promscrape)\b/],
  ['Envoy', /^Envoy\b/i],
  ['k6', /^(Grafana )?k6\//i],
  ['autocannon', /^autocannon\b/i],
  ['ApacheBench', /^ApacheBench\//],
  ['curl', /^curl\//],
  ['Wget', /^Wget\//],
  ['Postman', /^PostmanRuntime\//],
  ['axios', /^axios\//],
  ['got', /^got\b/],
  ['node-fetch', /^node-fetch\b/],
  ['undici', /^undici\b/],
  ['Node.js', /^(node|Node\.js)\b/],
  ['Bun', /^Bun\//],
  ['Deno', /^Deno\//],
  ['Go-http-client', /^Go-http-client\//],
  ['gRPC', /^grpc-/],
  ['okhttp', /^okhttp\//],
  ['Java', /^(Java|Apache-HttpClient|Jetty|ReactorNetty)\b/],
  ['Python', /^(python-|Python\/|aiohttp\b)/i],
  ['Ruby', /^(Ruby|Faraday)\b/],
  ['PHP', /^(GuzzleHttp|PHP)\b/],
  ['.NET', /^(RestSharp|\.NET)\b/],
  ['bot', /\b(bot|crawler|spider)\b|[a-z]bot\//i],
  ['browser', /^(Mozilla|Opera)\//],
];

/** Such as `curl` or `browser`; `other` for what is in no list, and `none` where there is no header. */
export function agentFamily(userAgent: string | undefined): string {
  if (!userAgent) return 'none';
  return FAMILIES.find(([, pattern]) => pattern.test(userAgent))?.[0] ?? 'other';
}

/** By RFC 1918, 4193, 3927, 4291 and 6598; a socket that has no address is one of the file system, or is gone. */
const RANGES: ReadonlyArray<readonly [kind: AddressClass, pattern: RegExp]> = [
  ['loopback', /^(127\.|::1$)/],
  ['private', /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|f[cd])/],
  ['link-local', /^(169\.254\.|fe[89ab])/],
  ['shared', /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./],
];

/** What kind of network an address belongs to. */
export function addressClass(address: string | undefined): AddressClass {
  const plain = (address ?? '').toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
  if (isIP(plain) === 0) return 'unknown';
  return RANGES.find(([, pattern]) => pattern.test(plain))?.[0] ?? 'public';
}

/** The same of the connection that a request has come on. */
export function callerAddress({ socket }: Pick<IncomingMessage, 'socket'>): AddressClass {
  const { remoteAddress, localAddress, destroyed } = socket;
  const isFile = remoteAddress === undefined && localAddress === undefined && !destroyed;
  return isFile ? 'unix socket' : addressClass(remoteAddress);
}
