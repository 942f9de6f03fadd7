import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { HttpApp } from '../support/http-app.js';
import { eventually } from '../support/eventually.js';
import { Work } from '../support/work.js';

@Resolver()
class Answers {
  constructor(private readonly work: Work) {}

  @Query(() => String)
  async answer(): Promise<string> {
    await this.work.run('held');
    return 'did held';
  }
}

describe('ApolloDriver, which closes the HTTP server in onModuleDestroy and destroys what is open 10 s later', () => {
  afterEach(() => {
    jest.restoreAllMocks();
  });

  /** Closes the application amid a request that takes longer than Apollo waits. */
  async function closeAmid(request: 'REST' | 'GraphQL', options: {} | null) {
    const patience = new AbortController(); // of Apollo's, over when the test says so
    const stopping = jest.spyOn(AbortSignal, 'timeout').mockReturnValue(patience.signal);
    const graphql = GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      graphiql: false,
    });
    const app = await HttpApp.start({
      platform: 'Express',
      options,
      module: { imports: [graphql], providers: [Answers] },
    });
    const client = await app.connect();
    const json = { 'Content-Type': 'application/json' };
    if (request === 'REST') client.get('/work/held');
    else client.request('POST', '/graphql', json, JSON.stringify({ query: '{ answer }' }));
    await app.work.begun('held');

    const closing = app.close();
    await eventually('the listener to close', () => !app.server.listening);
    const stoppedAmid = stopping.mock.calls.length > 0;
    patience.abort();
    app.work.finish('held');
    const outcome = await client.response().catch((error: Error) => error.message);
    await closing;
    return { app, outcome, stoppedAmid };
  }

  it.each(['REST', 'GraphQL'] as const)('a %s request is answered', async (request) => {
    const { app, outcome, stoppedAmid } = await closeAmid(request, {});

    expect(outcome).toMatchObject({ status: 200, body: expect.stringContaining('did held') });
    expect(stoppedAmid).toBe(false);
    expect(app.work.inFlightAtDestroy).toBe(0);
    expect(app.report.outcome).toBe('clean');
  });

  it.each(['REST', 'GraphQL'] as const)(
    'the control: on plain Nest a %s request is cut',
    async (request) => {
      const { app, outcome, stoppedAmid } = await closeAmid(request, null);

      expect(outcome).toMatch(/^closed/);
      expect(stoppedAmid).toBe(true);
      expect(app.work.inFlightAtDestroy).toBe(1);
    },
  );
});
