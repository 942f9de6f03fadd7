import { Test } from '@nestjs/testing';
import { Graceful } from 'nestjs-graceful';
import { AppModule } from './app.module';
import { AppService } from './app.service';

describe('AppModule', () => {
  it('compiles, with the module in it', async () => {
    const app = await Test.createTestingModule({ imports: [AppModule] }).compile();

    expect(app.get(AppService).getHello()).toBe('Hello World!');
    expect(app.get(Graceful).state).toBe('starting');
    await app.close();
  });
});
