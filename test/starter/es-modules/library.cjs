// A dependency that is CommonJS, as most are: Jest gives it the CommonJS build where it can't load ES modules by require().
const { Injectable } = require('@nestjs/common');
const graceful = require('nestjs-graceful');

class Outbox {
  constructor(app) {
    this.app = app;
  }
  flush() {
    this.flushed = this.app.state;
  }
  ready() {
    return { outbox: { status: 'down' } };
  }
}
Injectable()(Outbox);
Reflect.defineMetadata('design:paramtypes', [graceful.Graceful], Outbox);
const decorate = (decorator, method) => {
  decorator(Outbox.prototype, method, Object.getOwnPropertyDescriptor(Outbox.prototype, method));
};
decorate(graceful.OnFlush(), 'flush');
decorate(graceful.ReadinessCheck(), 'ready');

module.exports = { Outbox, GracefulModule: graceful.GracefulModule };
