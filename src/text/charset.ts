/** Text in other encodings than UTF-8: converted where it is declared, recognised where it is not. */
import { fail, show } from '../core/errors.ts';

/** Of a content type (RFC 9110, 8.3.2); undefined when there is none, and for UTF-8 and its part ASCII. */
export const charsetOf = (contentType: string): string | undefined => {
  if (!contentType.includes('=')) return undefined;
  const label = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1]?.toLowerCase();
  return label === undefined || /^(?:utf-?8|(?:us-)?ascii)$/.test(label) ? undefined : label;
};

/**
 * The text of a document in a declared charset, without its byte order mark; undefined when the bytes are not in it.
 *
 * @throws UNSUPPORTED_MEDIA for a charset that this platform has no decoder for (WHATWG Encoding has the list)
 */
export const textIn = (charset: string, bytes: Uint8Array): string | undefined => {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(charset, { fatal: true });
  } catch {
    const expected = 'UTF-8, or a charset such as iso-8859-1, windows-1252 or utf-16le';
    const message = `The charset of the body is not known here: expected ${expected}, got ${show(charset)}.`;
    throw fail('UNSUPPORTED_MEDIA', message, { expected, got: show(charset) });
  }
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
};

/** UTF-16 or UTF-32 by its byte order mark, or by the zero bytes that are half of every ASCII character in it. */
export const isUtf16 = (bytes: Uint8Array): boolean => {
  if (bytes.length < 2) return false;
  const isZero = (at: number): boolean => bytes[at] === 0;
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) return true;
  return isZero(0) !== isZero(1) && (bytes.length < 4 || (isZero(0) === isZero(2) && isZero(1) === isZero(3)));
};
