import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** Sends an empty POST, and resolves with the status of its answer; rejects when there is none within the time, in milliseconds. */
export function post(url: string, timeoutMs: number): Promise<number> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const signal = AbortSignal.timeout(Math.ceil(timeoutMs));
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', agent: false, signal }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.once('error', (error) => {
      reject(signal.aborted ? new Error(`no answer within ${Math.round(timeoutMs)} ms`) : error);
    });
    sent.end();
  });
}
