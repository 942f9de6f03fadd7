import { describe, expect, it } from '@jest/globals';
import { operationName } from '../../../../lib/integrations/graphql/operation-name.js';

describe('operationName', () => {
  it.each([
    ['subscription OnMessage($to: ID!) { message(to: $to) }', undefined, 'subscription OnMessage'],
    ['\n  # query Fake { }\n  mutation Change { change }', undefined, 'mutation Change'],
    ['{ answer }', undefined, 'query'],
    ['subscription { message }', undefined, 'subscription'],
    ['query A { a } subscription B { b }', 'B', 'subscription B'],
    ['fragment F on M { a } mutation C { a { ...F } }', 'C', 'mutation C'],
    ['fragment F on M { a } mutation C { a { ...F } }', undefined, 'operation'],
    [undefined, 'Stored', 'operation Stored'],
    [undefined, 'not a name: .*(', 'operation'],
    [42, {}, 'operation'],
  ])('of %j, %j is %j', (query, name, expected) => {
    expect(operationName({ query, operationName: name })).toBe(expected);
  });

  it('has something to say about nothing', () => {
    expect(operationName(undefined)).toBe('operation');
  });
});
