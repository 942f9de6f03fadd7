/*
 * What is told of a shutdown is made of words of others: errors of clients, names of jobs, reasons. Secrets that have a
 * known shape are taken out of them before they are kept, so that no output has to think of it.
 */

const HIDDEN = '***';

/** Such as `password=…`, `"apiKey": "…"`, `Authorization: Bearer …`. */
const NAMED =
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|authorization|cookie|credentials?|session[-_]?id)["']?\s*[:=]\s*["']?)(?:(?:bearer|basic|digest)\s+)?[^\s"'&,;)}\]]+/gi;
/** The scheme of a header, and something that is no word. */
const SCHEME = /\b(bearer|basic)\s+(?=[^\s"']*[\d=.])[\w.~+/=-]{6,}/gi;
/** A JSON web token. */
const WEB_TOKEN = /\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?/g;
/** Clients of databases and brokers put the URL that they can't reach into their errors, with the password in it. */
const URL_PASSWORD = /(:\/\/[^\s/:@]*):[^\s/@]+@/g;
const QUERY = /(?<=[\w/])\?[\w.~%[\]-]+=[^\s"'<>)]*/g;

/** A text without passwords, tokens and query strings. */
export function withoutSecrets(text: string): string {
  return text
    .replace(URL_PASSWORD, `$1:${HIDDEN}@`)
    .replace(QUERY, `?${HIDDEN}`)
    .replace(NAMED, `$1${HIDDEN}`)
    .replace(SCHEME, `$1 ${HIDDEN}`)
    .replace(WEB_TOKEN, HIDDEN);
}

/** So many digits make an identifier of a word. */
const MOST_DIGITS = 5;
/** Longer than any word that is not a name in code. */
const MOST_LETTERS = 48;
/** `Class@method` or `Class.method`: whose work it is must be readable, however long. */
const NAME_IN_CODE = /^[A-Za-z_$][\w$]*(?:[@.][A-Za-z_$][\w$]*)*$/;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
const ADDRESS = /\w@[\w-]+\.\w/;

/**
 * The name of a piece of work without what tells one piece from another: in a queue, people name jobs after customers, and
 * put identifiers and addresses into the names.
 */
export function withoutIdentifiers(name: string): string {
  return withoutSecrets(name)
    .split(/([\s:/|,;=?&#()]+)/)
    .map((part) => (ADDRESS.test(part) || UUID.test(part) ? HIDDEN : withoutNumbers(part)))
    .join('');
}

/** Of `mail_12_welcome-4f3c1a99e2` the last. */
function withoutNumbers(text: string): string {
  if (text.length > MOST_LETTERS && !NAME_IN_CODE.test(text)) return HIDDEN;
  return text
    .split(/([-_.]+)/)
    .map((part) => (part.replace(/\D/g, '').length > MOST_DIGITS ? HIDDEN : part))
    .join('');
}
