import { describe, expect, it } from '@jest/globals';
import { ExpressAdapter } from '@nestjs/platform-express';
import { expressMatches } from '../../lib/nest/express-routes.js';

interface Layer {
  name: string;
  readonly handle: object;
}

type Express = { use(handler: unknown): void; readonly router: { readonly stack: Layer[] } };

const create = () => new ExpressAdapter().getInstance<Express>();
const question = { method: 'GET', path: '/live', elsewhere: '/nowhere' };
const ask = (app: Express) =>
  expressMatches(app, question, { middleware: new WeakSet(), notFound: new WeakSet() });

describe('an Express application that is mounted in another', () => {
  it('is known without the name of its function, which bundlers change', () => {
    const app = create();
    app.use(create());
    for (const layer of app.router.stack) {
      layer.name = 't';
      Object.defineProperty(layer.handle, 'name', { value: 't' });
    }
    expect(ask(app)).toEqual([{ text: '/', exact: false, certain: false }]);
  });

  it('is not taken for middleware, which may answer nothing', () => {
    const app = create();
    app.use((_request: unknown, _response: unknown, next: () => void) => next());
    expect(ask(app)).toEqual([]);
  });
});
