import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressClass, agentFamily, callerAddress } from '../../../lib/http/callers.js';
import { check } from '../../support/property.js';

describe('who calls', () => {
  it.each([
    ['127.0.0.1', 'loopback'],
    ['::1', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.1', 'public'],
    ['192.168.0.9', 'private'],
    ['fd00::1', 'private'],
    ['FC00::1', 'private'],
    ['169.254.1.1', 'link-local'],
    ['fe80::1', 'link-local'],
    ['100.64.0.1', 'shared'],
    ['100.127.1.1', 'shared'],
    ['100.128.1.1', 'public'],
    ['203.0.113.9', 'public'],
    ['2001:db8::1', 'public'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:203.0.113.9', 'public'],
    ['no address', 'unknown'],
    [undefined, 'unknown'],
  ])('%s is %s', (address, expected) => expect(addressClass(address)).toBe(expected));

  it('a socket without any address is one of the file system, unless it is gone', () => {
    const socket = (destroyed: boolean) => ({ socket: { destroyed } as never });
    expect(callerAddress(socket(false))).toBe('unix socket');
    expect(callerAddress(socket(true))).toBe('unknown');
  });

  it.each([
    ['curl/8.5.0', 'curl'],
    ['ELB-HealthChecker/2.0', 'ELB-HealthChecker'],
    ['Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0', 'browser'],
    ['Mozilla/5.0 (compatible; Googlebot/2.1)', 'bot'],
    ['Go-http-client/2.0', 'Go-http-client'],
    ['node', 'Node.js'],
    ['python-requests/2.32', 'Python'],
    ['MyService/1.0', 'other'],
    ['', 'none'],
    [undefined, 'none'],
  ])('%s is of the family %s', (agent, expected) => expect(agentFamily(agent)).toBe(expected));

  it('never tells any of a header that is not in its list', async () => {
    const known = new Set(['a', 'b', 'c'].map((letter) => agentFamily(letter)));
    expect(known).toEqual(new Set(['other']));
    await check(fc.string({ minLength: 12 }), (secret) => {
      const families = [secret, `curl/8 ${secret}`, `Mozilla/5.0 ${secret}`].map(agentFamily);
      expect(families.join(' ')).not.toContain(secret);
    });
  });
});
