/** What a client sends to begin an operation. */
export interface OperationPayload {
  readonly query?: unknown;
  readonly operationName?: unknown;
}

const FIRST_OPERATION = /^\s*(?:(query|mutation|subscription)\b\s*(\w*)|\{)/;

/** Such as `subscription OnMessage`: no fields, no variables. */
export function operationName(payload: OperationPayload | undefined): string {
  const { query, operationName: given } = payload ?? {};
  const text = typeof query === 'string' ? query.replaceAll(/#.*/g, '') : '';
  const named = typeof given === 'string' && /^\w+$/.test(given) ? given : undefined;
  const chosen = named && new RegExp(`\\b(query|mutation|subscription)\\s+${named}\\b`).exec(text);
  const first = FIRST_OPERATION.exec(text);
  const kind = chosen?.[1] ?? (first ? (first[1] ?? 'query') : 'operation');
  return [kind, named ?? first?.[2]].filter(Boolean).join(' ');
}
