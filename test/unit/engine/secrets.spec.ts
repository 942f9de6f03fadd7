import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { withoutIdentifiers, withoutSecrets } from '../../../lib/engine/secrets.js';
import { check } from '../../support/property.js';

describe('withoutSecrets()', () => {
  it.each([
    ['connect amqp://shop:hunter2@mq:5672 failed', 'connect amqp://shop:***@mq:5672 failed'],
    ['password=hunter2&user=me', 'password=***&user=me'],
    ['{"apiKey":"hunter2","user":"me"}', '{"apiKey":"***","user":"me"}'],
    ['Authorization: Bearer abc.def', 'Authorization: ***'],
    ['sent Bearer sk_live_4242424242', 'sent Bearer ***'],
    ['jwt eyJhbGciOiJI.eyJzdWIi.c2ln malformed', 'jwt *** malformed'],
    [
      'GET https://api.test/orders?key=1&b=2 answered 401',
      'GET https://api.test/orders?*** answered 401',
    ],
    ['client_secret: hunter2', 'client_secret: ***'],
  ])('of %s is %s', (text, expected) => {
    expect(withoutSecrets(text)).toBe(expected);
  });

  it.each([
    'connect ECONNREFUSED 10.0.3.9:5432',
    'password authentication failed for user "app"',
    "Unexpected token '<' at position 0",
    'Database.onModuleDestroy (DatabaseModule, src/database.ts:12)',
    'TypeError: Cannot read properties of undefined (reading "session")',
    'what is this? Basic authentication is off',
  ])('leaves %s as it is', (text) => {
    expect(withoutSecrets(text)).toBe(text);
  });

  it('changes nothing when it is called again', () =>
    check(fc.string(), (text) => {
      const once = withoutSecrets(text);
      expect(withoutSecrets(once)).toBe(once);
    }));

  it('comes to an end with a text that is long, and nearly a secret', () => {
    for (const part of ['password=', '://a:', 'eyJ', 'bearer ', '?a=', 'secret: ']) {
      expect(withoutSecrets(part.repeat(20_000))).not.toBe('');
    }
  });
});

describe('withoutIdentifiers()', () => {
  it.each([
    ['job mail:welcome', 'job mail:welcome'],
    ['job mail:send-2fa-code', 'job mail:send-2fa-code'],
    ['job mail:welcome-4f3c1a99e2', 'job mail:welcome-***'],
    ['job mail_12_14264:send', 'job mail_12_14264:send'],
    ['job mail:0d1b2a3c-4d5e-4f60-8a7b-9c8d7e6f5a4b', 'job mail:***'],
    ['job mail:ada@example.com', 'job mail:***'],
    ['Worker@run', 'Worker@run'],
    [
      'SubscriptionRenewalNotifications@sendReminderToSubscribers',
      'SubscriptionRenewalNotifications@sendReminderToSubscribers',
    ],
    [`job ${'ab-'.repeat(20)}`, 'job ***'],
    ['message orders.created', 'message orders.created'],
    ['sync of 1234567', 'sync of ***'],
  ])('of %s is %s', (name, expected) => {
    expect(withoutIdentifiers(name)).toBe(expected);
  });
});
