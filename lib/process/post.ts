import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Sends an empty POST, and resolves with the status of its answer; rejects when there is none within the time, in milliseconds. */
export function post(url: string, timeoutMs: number): Promise<number> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    const timer = setTimeout(() => {
      sent.destroy(new Error(`no answer within ${Math.round(timeoutMs)} ms`));
    }, timeoutMs);
    sent.once('close', () => clearTimeout(timer));
    sent.once('error', reject);
    sent.end();
  });
}
