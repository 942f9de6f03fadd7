import { describe, expect, it } from '@jest/globals';
import { SaidOfMethods } from '../../../../lib/integrations/microservices/grpc-methods.js';

function rig(endless: string[], finite: string[] = []) {
  const warnings: string[] = [];
  const methods = new SaidOfMethods(endless, finite);
  const up = () => methods.whenServersListen(({ text }) => warnings.push(text));
  const server = (...paths: string[]) => {
    const handlers = paths.map((path) => [path, { type: 'serverStream' }] as const);
    methods.serverListens(new Map([...handlers, ['/shop.Orders/Get', { type: 'unary' }]]));
  };
  return { methods, server, warnings, up };
}

describe('what is said of gRPC methods', () => {
  it('holds for a method, or for all of its service; the method goes first', () => {
    const { methods } = rig(
      ['/shop.Orders/Watch', 'shop.News/*'],
      ['shop.Orders/*', 'shop.News/Since'],
    );
    const said = (path: string) => methods.lastsForever(path);
    expect(['Watch', 'List'].map((name) => said(`/shop.Orders/${name}`))).toEqual([true, false]);
    expect(['All', 'Since'].map((name) => said(`/shop.News/${name}`))).toEqual([true, false]);
    expect(said('/shop.Other/Watch')).toBeUndefined();
    expect(said('/shop.OrdersX/Watch')).toBeUndefined();
  });

  it('is named once if nobody streams it, when the application is up and its servers listen', () => {
    const { methods, server, warnings, up } = rig(
      ['shop.Orders/Watch', 'shop.Orders/Get'],
      ['shop.Gone/*'],
    );
    methods.expectServer();
    methods.expectServer();
    server('/shop.Other/Talk');
    up();
    expect(warnings).toEqual([]);
    server('/shop.Orders/Watch');
    expect(warnings).toEqual([
      'grpcEndlessMethods names shop.Orders/Get, which no gRPC server of this application answers by a stream. ' +
        'Check its package, service and method against the .proto file, or remove it.',
      expect.stringMatching(/^grpcFiniteMethods names shop\.Gone\/\*, which/),
    ]);
  });

  it('is named in an application without any gRPC server, too', () => {
    const { up, warnings } = rig(['shop.Orders/Watch']);
    up();
    expect(warnings).toHaveLength(1);
  });

  it('a service is answered when any method of it streams', () => {
    for (const path of ['/shop.Orders/Watch', '/shop.Other/Watch']) {
      const { methods, server, warnings, up } = rig(['shop.Orders/*']);
      methods.expectServer();
      up();
      server(path);
      expect(warnings).toHaveLength(path.includes('Orders') ? 0 : 1);
    }
  });
});
