interface Application {
  microservicesModule?: {
    clientsContainer?: { getAllClients(): unknown[] };
    close: () => unknown;
  } | null;
}

/**
 * Takes the closing of `@Client()` proxies out of Nest's teardown, which does it before `onApplicationShutdown` (core 11
 * and 12, NestApplication `dispose`; microservices 11 and 12, MicroservicesModule `close`): a hook could not send any
 * more. Returns what closes them; undefined when there are none.
 */
export function holdClientProxies(application: object): (() => Promise<void>) | undefined {
  const { microservicesModule } = application as Application;
  if (!microservicesModule?.clientsContainer?.getAllClients().length) return undefined;
  const close = microservicesModule.close.bind(microservicesModule);
  microservicesModule.close = () => undefined;
  return async () => {
    await close();
  };
}
