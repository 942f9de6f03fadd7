import type { ServerResponse } from 'node:http';
import { headOf } from './node-internals.js';

const HOOKED = Symbol('nestjs-graceful.says-close');

/** A connection of HTTP/1.1. */
interface Closing {
  /** Its responses say `Connection: close`. */
  closes: boolean;
  /** The responses that are not finished, oldest first. */
  unfinished(): readonly ServerResponse[];
}

type WriteHead = (status: number, ...rest: unknown[]) => ServerResponse;

/**
 * From now on the newest response of a connection says close: on an earlier one of a pipeline it would take the later ones
 * with it. It is said when the head is written, for a handler may set a header of its own until then, such as the
 * `Connection: keep-alive` of the upstream that it passes on. Until then `closes = false` takes it back.
 */
export function sayClose(connection: Closing): void {
  connection.closes = true;
  const newest = connection.unfinished().at(-1);
  if (newest) whenHeadIsWritten(newest, () => connection.closes && isNewest(newest, connection));
}

/** The same for a response on a connection that nobody knows. */
export function sayCloseOn(response: ServerResponse): void {
  whenHeadIsWritten(response, () => true);
}

/** Whether a response has told its client that the connection closes. */
export function saysClose(response: ServerResponse): boolean {
  return response.headersSent && /^connection:.*\bclose\b/im.test(headOf(response));
}

function isNewest(response: ServerResponse, connection: Closing): boolean {
  return connection.unfinished().at(-1) === response;
}

/** `writeHeader` is an old name of `writeHead`; Node calls the latter for a head that nobody writes by hand. */
function whenHeadIsWritten(response: Tagged, closes: () => boolean): void {
  if (response.headersSent || response[HOOKED]) return;
  response[HOOKED] = true;
  const writeHead = response.writeHead.bind(response) as WriteHead;
  const say: WriteHead = (status, ...rest) => {
    // An interim status is not the answer, and 101 is the end of HTTP on this connection.
    if (status < 200 || response.headersSent || !closes()) return writeHead(status, ...rest);
    const last = rest.length - 1;
    const headers = last < 0 || typeof rest[last] === 'string' ? undefined : rest[last];
    const own = [...ownTokens(response.getHeader('connection')), ...tokensIn(headers)];
    const value = [...new Set(['close', ...own])].join(', ');
    response.removeHeader('keep-alive');
    if (typeof headers !== 'object' || headers === null) response.setHeader('Connection', value);
    else rest[last] = withConnection(headers, value);
    return writeHead(status, ...rest);
  };
  Object.assign(response, { writeHead: say, writeHeader: say });
}

/** As `writeHead` takes headers: an object, a list of names and values, or a list of pairs. */
function withConnection(headers: object, value: string): unknown {
  if (!Array.isArray(headers)) {
    const kept = Object.entries(headers).filter(([name]) => !isOurs(name));
    return { ...Object.fromEntries(kept), Connection: value };
  }
  const list: readonly unknown[] = headers;
  if (Array.isArray(list[0])) {
    const kept = (list as readonly unknown[][]).filter(([name]) => !isOurs(name));
    return [...kept, ['Connection', value]];
  }
  const kept = list.filter((_, index) => !isOurs(list[index - (index % 2)]));
  return [...kept, 'Connection', value];
}

function tokensIn(headers: unknown): string[] {
  if (typeof headers !== 'object' || headers === null) return [];
  const flat: readonly unknown[] = Array.isArray(headers)
    ? Array.isArray(headers[0])
      ? headers.flat(1)
      : headers
    : Object.entries(headers).flat(1);
  return flat.flatMap((value, index) =>
    index % 2 === 1 && isConnection(flat[index - 1]) ? ownTokens(value) : [],
  );
}

/** What a `Connection` header says besides how long the connection lasts, such as `Upgrade`. */
function ownTokens(value: unknown): string[] {
  const text = Array.isArray(value) ? value.join(',') : value;
  if (typeof text !== 'string') return [];
  return text
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '' && !/^(close|keep-alive)$/i.test(token));
}

function isConnection(name: unknown): boolean {
  return String(name).toLowerCase() === 'connection';
}

function isOurs(name: unknown): boolean {
  return isConnection(name) || String(name).toLowerCase() === 'keep-alive';
}

interface Tagged extends ServerResponse {
  [HOOKED]?: boolean;
}
