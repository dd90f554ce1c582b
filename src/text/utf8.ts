/**
 * The one place where bytes become text: fatally. Bytes that are not UTF-8 are refused by whoever asked, with a word on where they
 * stood; a replacement character would be another text than was sent, and two different identities could become one.
 */
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text that bytes are in UTF-8, or undefined when they are not. U+FEFF is a character like any other here. */
export const utf8Text = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
};

/** A document without the byte order mark in front of it, which is no part of its text (Unicode 16, 23.8). */
export const withoutMark = (text: string): string => (text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
