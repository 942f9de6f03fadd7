import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { GracefulModule } from 'nestjs-graceful';
import { AppController } from './app.controller';
import { AppService } from './app.service';
import { HealthController } from './health.controller';

@Module({
  imports: [TerminusModule, GracefulModule.forRoot()],
  controllers: [AppController, HealthController],
  providers: [AppService],
})
export class AppModule {}
