/** What a template puts something into: `{{ x }}`, `${X}`, `$X`, `{% x %}`, `<% x %>`, `@X@`, `__X__`, `<X>`. */
const MARK =
  /\{\{|\$\{|\$[A-Z_][A-Z0-9_]+|\{%|<%|^<[A-Za-z][\w .-]*>$|^@\w+@$|^__\w+__$|#\{[^}]*\}#/;

/** An action of Helm, Jinja and their like; not `${{ X }}`, which is a value's mark in OpenShift's templates. */
const ACTION = /(?<![$\\])\{\{|\{%[-+ ]|<%[=-]? /;

export function hasMark(text: string): boolean {
  return MARK.test(text);
}

export function hasAction(text: string): boolean {
  return ACTION.test(text);
}

/** The offset of the first action outside of quotes and comments; -1 if there is none. */
export function firstAction(text: string): number {
  let start = 0;
  for (const line of text.split('\n')) {
    const at = line.search(ACTION);
    if (at !== -1 && isBare(line.slice(0, at))) return start + at;
    start += line.length + 1;
  }
  return -1;
}

/** Whether what follows on the line is neither in quotes nor in a comment. */
function isBare(before: string): boolean {
  let quote = '';
  for (let at = 0; at < before.length; at += 1) {
    const letter = before[at];
    if (quote === '' && letter === '#' && (at === 0 || /\s/.test(before[at - 1] ?? '')))
      return false;
    if (quote === letter) quote = '';
    else if (quote === '' && opensQuote(before, at)) quote = letter;
  }
  return quote === '';
}

/** A quote in the middle of a word, such as an apostrophe, opens nothing. */
function opensQuote(text: string, at: number): boolean {
  return /["']/.test(text[at] ?? '') && (at === 0 || /[\s[{,:(-]/.test(text[at - 1] ?? ''));
}
