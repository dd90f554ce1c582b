/** Files of a model's folder, as its author wrote them. */
import { readFile } from 'node:fs/promises';
import { type Code, fail, messageOf } from '../core/errors.ts';
import { firstStray, utf8Text, withoutMark } from '../text/utf8.ts';

/** `what` begins a sentence of a message. @throws MillraceError `code` */
export const readBytes = async (path: string, code: Code, what: string): Promise<Uint8Array> => {
  try {
    return await readFile(path);
  } catch (cause) {
    const isAbsent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw fail(code, `${what} ${path} ${isAbsent ? 'is not there' : `cannot be read: ${messageOf(cause)}`}.`, {
      expected: what === 'The manifest' ? 'a folder with model.yaml, as millrace init makes one' : 'a readable file',
      got: path,
      cause,
    });
  }
};

/** Text in UTF-8, without a byte order mark. @throws MillraceError FILE_NOT_FOUND; `code` where it is no such text */
export const readText = async (path: string, code: Code, what: string): Promise<string> => {
  const bytes = await readBytes(path, 'FILE_NOT_FOUND', what);
  const text = utf8Text(bytes);
  if (text !== undefined) return withoutMark(text);
  const got = `other bytes from byte ${firstStray(bytes)} on`;
  throw fail(code, `${what} ${path} is not UTF-8: ${got}.`, { expected: 'text in UTF-8', got });
};
