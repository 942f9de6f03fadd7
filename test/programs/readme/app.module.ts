import { Module } from '@nestjs/common';
import { GracefulModule } from 'nestjs-graceful';

@Module({
  imports: [GracefulModule.forRoot()],
})
export class AppModule {}
