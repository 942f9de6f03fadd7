/**
 * Puts a function around the adapter's `close()`, which Nest calls after `beforeApplicationShutdown` and after the
 * gateways have closed their clients (core 11 and 12, NestApplication `dispose`).
 */
export function wrapServerClose(
  adapter: object,
  wrapper: (close: () => Promise<void>) => Promise<void>,
): void {
  const target = adapter as { close: () => unknown };
  const close = target.close.bind(adapter);
  target.close = () =>
    wrapper(async () => {
      await close();
    });
}

/**
 * Core 12 awaits the adapter's `beforeClose()` before the first hook, and `return503OnClosing` answers 503 to everything
 * from there on (platform-express and platform-fastify 12, `beforeClose`). Holding it back keeps the application serving
 * while it drains. Core 11 has no such method.
 */
export function holdBeforeClose(adapter: object, until: () => Promise<void>): void {
  const target = adapter as { beforeClose?: () => unknown };
  const original = target.beforeClose;
  if (typeof original !== 'function') return;
  target.beforeClose = async () => {
    await until();
    return original.call(adapter);
  };
}
