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

const PIECE_BYTES = 4096;

/** Where bytes stop being UTF-8, from 0; undefined when they never do. */
export const firstStray = (bytes: Uint8Array): number | undefined => {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let start = 0;
  try {
    for (; start < bytes.length; start += PIECE_BYTES) {
      decoder.decode(bytes.subarray(start, start + PIECE_BYTES), { stream: true });
    }
    decoder.decode();
    return undefined;
  } catch {
    // All before this piece is UTF-8, but for a character that may end within it.
    let at = Math.max(0, Math.min(start, bytes.length) - 3);
    while (at < start && (bytes[at] & 0xc0) === 0x80) at++;
    for (;;) {
      const lead = bytes[at];
      const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
      if (utf8Text(bytes.subarray(at, at + length)) === undefined) return at;
      at += length;
    }
  }
};

/** Stands in a text where its bytes were not UTF-8: half of a surrogate pair, which no UTF-8 can hold. */
export const NOT_UTF8 = '\uDFFF';
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const LF = 10;

/** Lines of text of which some may be bad: those hold NOT_UTF8, so that each can be refused alone. */
export const linesText = (bytes: Uint8Array): { readonly text: string; readonly clean: boolean } => {
  const whole = utf8Text(bytes);
  if (whole !== undefined) return { text: whole, clean: true };
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(LF, at) + 1 || bytes.length;
    const line = bytes.subarray(at, end);
    lines.push(utf8Text(line) ?? lenient.decode(line).replaceAll('\uFFFD', NOT_UTF8));
    at = end;
  }
  return { text: lines.join(''), clean: false };
};
