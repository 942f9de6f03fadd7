import { ModulesContainer } from '@nestjs/core';
import { describe, expect, it } from '@jest/globals';
import { onRpcServer } from '../../lib/nest/rpc-servers.js';

describe(`Nest ${NEST_MAJOR}: the servers of microservices`, () => {
  /** What NestMicroservice does in its constructor. */
  const add = (modules: ModulesContainer, server: unknown) => modules.addRpcTarget(server);

  it('those that are there are told of, and those that come', () => {
    const modules = new ModulesContainer();
    const [first, second] = [{}, {}];
    const servers: object[] = [];

    add(modules, first);
    onRpcServer(modules, (server) => servers.push(server));
    add(modules, second);

    expect(servers).toEqual([first, second]);
    expect(servers[0]).toBe(first);
  });

  it('what is no object is left out', () => {
    const modules = new ModulesContainer();
    const servers: object[] = [];

    onRpcServer(modules, (server) => servers.push(server));
    add(modules, undefined);

    expect(servers).toEqual([]);
  });

  it('a core before 11.1.4 has no registry, and nothing is found', () => {
    const modules = Object.assign(new ModulesContainer(), { getRpcTargetRegistry: undefined });

    expect(() => onRpcServer(modules, () => undefined)).not.toThrow();
  });
});
