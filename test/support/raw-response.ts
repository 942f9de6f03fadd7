/** A response as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  /** By their lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The first response of a text and how long it is; `undefined` while some of it is missing. */
export function parseResponse(
  text: string,
  { head = false, ended = false } = {},
): { response: RawResponse; length: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1]);
  const headers = Object.fromEntries(lines.map(parseHeader));
  const bodyStart = headEnd + 4;
  const rest = text.slice(bodyStart);
  const found = (body: string, length: number) => ({
    response: { status, headers, body },
    length: bodyStart + length,
  });

  if (head || status < 200 || status === 204 || status === 304) return found('', 0);
  if (headers['transfer-encoding'] === 'chunked') {
    const chunks = parseChunks(rest);
    return chunks && found(chunks.body, chunks.length);
  }
  const length = headers['content-length'];
  if (length === undefined) return ended ? found(rest, rest.length) : undefined;
  if (rest.length < Number(length)) return undefined;
  return found(rest.slice(0, Number(length)), Number(length));
}

function parseHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

function parseChunks(text: string): { body: string; length: number } | undefined {
  let body = '';
  let at = 0;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    const end = lineEnd + 2 + size + 2;
    if (text.length < end) return undefined;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = end;
    if (size === 0) return { body, length: at };
  }
}
