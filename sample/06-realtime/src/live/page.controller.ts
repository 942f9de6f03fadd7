import { Controller, Get, Header } from '@nestjs/common';
import { readFile } from 'node:fs/promises';

const page = new URL('../../public/index.html', import.meta.url);

@Controller()
export class PageController {
  @Get()
  @Header('content-type', 'text/html; charset=utf-8')
  page(): Promise<string> {
    return readFile(page, 'utf8');
  }
}
