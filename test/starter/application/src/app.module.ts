import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';
import { AppController } from './app.controller';
import { AppService } from './app.service';

@Module({
  imports: [GracefulModule.forRoot()],
  controllers: [AppController],
  providers: [AppService],
})
export class AppModule {}
