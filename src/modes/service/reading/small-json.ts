/** JSON where little is expected: read at once, so there may not be much of it. */
import { fail } from '../../../core/errors.ts';
import { readJson } from '../../../text/json.ts';
import { documentText } from './body-text.ts';

const MOST_BYTES = 64 * 1024;

interface Body {
  readonly bytes: Uint8Array;
  readonly charset: string | undefined;
}

/** @throws TOO_LARGE, BAD_JSON, UNSUPPORTED_MEDIA */
export const readSmallJson = ({ bytes, charset }: Body, depth: number): unknown => {
  if (bytes.length <= MOST_BYTES) return readJson(documentText(bytes, charset), 'The body', depth);
  const expected = `at most ${MOST_BYTES} bytes`;
  throw fail('TOO_LARGE', `The body of this address may have ${MOST_BYTES} bytes, got ${bytes.length}.`, {
    expected,
    got: `${bytes.length} bytes`,
  });
};
