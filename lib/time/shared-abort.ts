import { setMaxListeners } from 'node:events';

/** An AbortController whose signal any number may listen to: Node (20, 22) would warn of more than ten. */
export function sharedAbort(): AbortController {
  const controller = new AbortController();
  setMaxListeners(Infinity, controller.signal);
  return controller;
}
