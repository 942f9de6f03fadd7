import { get } from 'node:http';

/** The status of an answer, or that there was none; each on a connection of its own, with the kubelet's name if asked. */
export function ask(url: string, userAgent = 'shop/1.0'): Promise<string> {
  return new Promise((resolve) => {
    const headers = { 'user-agent': userAgent };
    const outgoing = get(url, { agent: false, headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(String(response.statusCode)));
      response.on('error', () => resolve('cut off'));
    });
    outgoing.on('error', () => resolve('no answer'));
  });
}
