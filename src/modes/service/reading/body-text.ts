/** The body of a request as text. It is UTF-8, unless its content type declares another charset. */
import { type Code, fail, type MillraceError } from '../../../core/errors.ts';
import { isUtf16, textIn } from '../../../text/charset.ts';
import { firstStray, linesText, utf8Text, withoutMark } from '../../../text/utf8.ts';

const DECLARED = 'UTF-8, or a charset in the content type';

const notUtf8 = (code: Code, bytes: Uint8Array): MillraceError => {
  const stray = firstStray(bytes) ?? 0;
  const got = isUtf16(bytes) ? 'UTF-16' : `the byte 0x${bytes[stray].toString(16).toUpperCase()} at byte ${stray}`;
  return fail(code, `The body is not UTF-8: expected ${DECLARED}, got ${got}.`, { expected: DECLARED, got });
};
const notIn = (code: Code, charset: string): MillraceError =>
  fail(code, `The body is not in ${charset}, which its content type declares.`, {
    expected: charset,
    got: 'other bytes',
  });

const plainText = (bytes: Uint8Array): string | undefined => {
  const text = isUtf16(bytes) ? undefined : utf8Text(bytes);
  return text === undefined ? undefined : withoutMark(text);
};

/**
 * The text of a document of JSON, without its byte order mark.
 *
 * @throws BAD_JSON when it is empty, or in another encoding than it says; UNSUPPORTED_MEDIA for a charset that is not known
 */
export const documentText = (bytes: Uint8Array, charset: string | undefined): string => {
  const text = charset === undefined ? plainText(bytes) : textIn(charset, bytes);
  if (text === undefined) throw charset === undefined ? notUtf8('BAD_JSON', bytes) : notIn('BAD_JSON', charset);
  if (text.trim() !== '') return text;
  const expected = 'JSON, as /openapi.json describes it';
  throw fail('BAD_JSON', `The body is empty; expected ${expected}.`, { expected, got: 'nothing' });
};

export interface TableText {
  readonly text: string;
  /** False where bytes were not UTF-8: there the text has NOT_UTF8. */
  readonly clean: boolean;
}

/**
 * The text of a body that is a table. Lines of it that are not UTF-8 can be refused alone, as files do: they hold NOT_UTF8.
 *
 * @throws BAD_REQUEST when all of it is in another encoding than it says; UNSUPPORTED_MEDIA for a charset that is not known
 */
export const tableText = (bytes: Uint8Array, charset: string | undefined): TableText => {
  if (charset === undefined) {
    if (isUtf16(bytes)) throw notUtf8('BAD_REQUEST', bytes);
    const { text, clean } = linesText(bytes);
    return { text: withoutMark(text), clean };
  }
  const text = textIn(charset, bytes);
  if (text === undefined) throw notIn('BAD_REQUEST', charset);
  return { text, clean: true };
};
