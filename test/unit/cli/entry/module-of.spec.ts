import { forwardRef, Module } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { hasModule, withModule } from '../../../../lib/cli/entry/module-of.js';
import { GracefulModule } from '../../../../lib/index.js';

@Module({})
class Other {}

@Module({ imports: [GracefulModule.forRoot()] })
class Infrastructure {}

@Module({ imports: [Other, forwardRef(() => Infrastructure)] })
class Behind {}

@Module({ imports: [Promise.resolve({ module: Other, imports: [Behind] })] })
class FarBehind {}

describe('the module of an application', () => {
  it.each<[string, unknown]>([
    ['a class', Infrastructure],
    ['a dynamic module', { module: Other, imports: [GracefulModule.forRoot()] }],
    ['one that is promised', Promise.resolve(Infrastructure)],
    ['what it imports, by forwardRef()', Behind],
    ['what that imports, promised', FarBehind],
  ])('is found in %s', async (_where, root) => {
    expect(await hasModule(root)).toBe(true);
  });

  it('is not found where it is not', async () => {
    expect(await hasModule(Other)).toBe(false);
    expect(await hasModule({ module: Other, imports: [Other] })).toBe(false);
  });

  it('is added to a class, and to a dynamic module, beside what they import', async () => {
    @Module({ imports: [Other] })
    class Root {}
    const graceful = GracefulModule.forRoot();
    expect(await withModule(Root, graceful)).toBe(Root);
    expect(Reflect.getMetadata('imports', Root)).toEqual([Other, graceful]);
    expect(await withModule({ module: Root, imports: [Other] }, graceful)).toEqual({
      module: Root,
      imports: [Other, graceful],
    });
  });
});
