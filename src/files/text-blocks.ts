import { fail } from '../core/errors.ts';
import { isUtf16 } from '../text/charset.ts';
import { linesText } from '../text/utf8.ts';
import { type ByteSource, openSource, sourceName } from './place.ts';

/** A piece of a text file. */
export interface TextBlock {
  readonly text: string;
  /** False when some bytes are not UTF-8; each place where they are not holds NOT_UTF8. */
  readonly clean: boolean;
  /** How much of the file has been read, where its size is known. */
  readonly share?: number;
}

/** How many bytes at the end belong to a character that is not complete (RFC 3629). */
const incomplete = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
};

const LF = 10;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

const signatures: readonly (readonly [string, readonly number[]])[] = [
  ['Parquet', [0x50, 0x41, 0x52, 0x31]],
  ['gzip', [0x1f, 0x8b]],
  ['zip (or a spreadsheet)', [0x50, 0x4b, 0x03, 0x04]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
];

const refuseBinary = (name: string, bytes: Buffer): void => {
  const signature = signatures.find(([, magic]) => magic.every((byte, index) => bytes[index] === byte))?.[0];
  const known = signature ?? (isUtf16(bytes) ? 'UTF-16 text' : undefined);
  const at = bytes.indexOf(0);
  const firstLine = bytes.indexOf(LF);
  // In a later line it costs that line alone, as over HTTP.
  if (known === undefined && (at === -1 || (firstLine !== -1 && at > firstLine))) return;
  const got = known ?? `a zero byte at ${at}`;
  throw fail('BAD_FILE', `${name} is not a text file: expected UTF-8 text, got ${got}.`, {
    expected: 'UTF-8 text',
    got,
  });
};

/**
 * A text file as blocks of whole characters, without its byte order mark.
 *
 * @throws MillraceError FILE_NOT_FOUND, and BAD_FILE when the first block is not text at all.
 */
export async function* textBlocks(source: ByteSource): AsyncGenerator<TextBlock> {
  const name = sourceName(source);
  const { bytes, size } = await openSource(source);
  let tail: Buffer = Buffer.alloc(0);
  let read = 0;
  let started = false;
  const start = (data: Buffer): Buffer => {
    started = true;
    refuseBinary(name, data);
    return data.subarray(0, 3).equals(byteOrderMark) ? data.subarray(3) : data;
  };
  const block = (data: Buffer): TextBlock => {
    const share = size ? { share: Math.min(1, read / size) } : {};
    return { ...linesText(data), ...share };
  };
  for await (const piece of bytes) {
    read += piece.length;
    let data: Buffer =
      typeof piece === 'string' ? Buffer.from(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    if (tail.length > 0) data = Buffer.concat([tail, data]);
    if (!started && data.length < 4) {
      tail = data;
      continue;
    }
    if (!started) data = start(data);
    const cut = data.length - incomplete(data);
    tail = Buffer.from(data.subarray(cut));
    if (cut > 0) yield block(data.subarray(0, cut));
  }
  if (!started) tail = start(tail);
  if (tail.length > 0) yield block(tail);
}
