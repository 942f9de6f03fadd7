import { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import request from 'supertest';
import { App } from 'supertest/types';
import { AppModule } from './../src/app.module';

describe('health (e2e)', () => {
  let app: INestApplication<App>;

  beforeEach(async () => {
    const fixture = await Test.createTestingModule({ imports: [AppModule] }).compile();
    app = fixture.createNestApplication();
    await app.init();
  });

  it.each(['/health', '/health/ready'])('%s', async (path) => {
    await request(app.getHttpServer()).get(path).expect(200);
  });

  afterEach(async () => {
    await app.close();
  });
});
