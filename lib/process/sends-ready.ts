import { loadedByRequire, programTexts } from './program-files.js';

/** The message itself, sent in any form. */
const SENDS_READY = /\bsend\s*(\?\.)?\s*\(\s*(['"`])ready\2/;
/** Something that is not written there, or the function itself handed on. */
const SENDS_SOMETHING =
  /\bprocess\s*(?:\?\.|\.)\s*send\s*(?:\?\.)?(?:\(\s*(?!['"`{])|\s*[;,.]\s*(?!\())/;
const READY = /(['"`])ready\1/;
/** More than any application has that is not a bundle; each is read once, some 0.1 ms. */
const MOST_FILES = 2_000;

/**
 * Whether the program sends the message `ready` itself, or may do so. Who waits for that message waits for that moment, such
 * as the end of a warm-up, and must not hear it sooner. Where too much is to be read, it may.
 *
 * @param main the file that was started
 * @param loaded further files that may be its own, and are loaded
 */
export function sendsReadyItself(main: string, loaded = loadedByRequire()): boolean {
  const texts = programTexts([main, ...loaded], MOST_FILES);
  if (!texts || texts.some((text) => SENDS_READY.test(text))) return true;
  return texts.some((text) => SENDS_SOMETHING.test(text)) && texts.some((text) => READY.test(text));
}
