/**
 * Names of headers. They should be UTF-8; one that is not is kept byte for byte: its bytes from 0x80 on stand as halves of
 * surrogate pairs, which no text in UTF-8 has (as in Python's PEP 383, surrogateescape).
 */
import { utf8Text } from '../../text/utf8.ts';

const FIRST_HALF = 0xdc00;

export const readHeaderName = (bytes: Uint8Array): string =>
  utf8Text(bytes) ?? String.fromCharCode(...Array.from(bytes, (byte) => (byte < 0x80 ? byte : FIRST_HALF + byte)));

export const writeHeaderName = (name: string): Buffer =>
  name.isWellFormed()
    ? Buffer.from(name)
    : Buffer.from(Array.from({ length: name.length }, (_, i) => name.charCodeAt(i) & 0xff));
