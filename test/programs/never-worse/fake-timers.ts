/** `app.close()` while all timers are fakes of node:test, installed before the package is imported or after. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { mock } from 'node:test';

// Not from pair.ts, which imports the package.
const settings = JSON.parse(process.env['PROGRAM'] ?? '{}') as Readonly<Record<string, unknown>>;
const fake = () =>
  mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] });

if (settings['first']) fake();
const { createApplication, tell, theModule } = await import('./pair.js');

@Module({ imports: theModule() })
class App {}

const application = await createApplication(App, { logger: false });
if (settings['listens']) await application.listen(0, '127.0.0.1');
else await application.init();
if (!settings['first']) fake();
await application.close();
tell('closed');
mock.timers.reset();
process.exit();
