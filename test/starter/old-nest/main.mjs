// An application on Nest 10 that gets the one line. The package manager has only warned.
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { GracefulModule } from 'nestjs-graceful';

class AppModule {}
Module({ imports: [GracefulModule.forRoot()] })(AppModule);

await NestFactory.create(AppModule, { logger: false });
