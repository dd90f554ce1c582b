/** Bodies that come compressed (`Content-Encoding`, RFC 9110, 8.4). */
import { promisify } from 'node:util';
import { brotliDecompress, constants, gunzip, inflate, zstdDecompress } from 'node:zlib';
import { fail, type MillraceError, show } from '../../../core/errors.ts';

interface DecodeOptions {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}
type Decode = (body: Buffer, options: DecodeOptions) => Promise<Buffer>;

const gzip: Decode = promisify(gunzip);
/** What a zstd body may make its reader remember: 8 MiB (RFC 9659). */
const ZSTD_WINDOW_LOG = 23;

const decoders: Readonly<Record<string, Decode>> = {
  gzip,
  'x-gzip': gzip,
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
  zstd: (body, options) =>
    promisify(zstdDecompress)(body, { ...options, params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG } }),
};

/** As the header `Accept-Encoding` of an answer says it. */
export const CONTENT_ENCODINGS = 'gzip, deflate, br, zstd';

/** Bytes that are decompressed in one go, between which other requests have their turn. */
const CHUNK_BYTES = 64 * 1024;
/** Bodies that are decompressed at a time; each may take some MiB for what its format remembers. */
const AT_A_TIME = 4;

const unknownEncoding = (header: string): MillraceError => {
  const [expected, got] = [`one of ${CONTENT_ENCODINGS}`, show(header)];
  return fail('UNSUPPORTED_MEDIA', `This content encoding is not read here: expected ${expected}, got ${got}.`, {
    field: 'content-encoding',
    expected,
    got,
  });
};

/**
 * What decompresses a whole body of a content encoding, to no more than `most` bytes; undefined for one that is as it is.
 *
 * @throws UNSUPPORTED_MEDIA at once; TOO_LARGE, or BAD_REQUEST for bytes that are not what they are said to be
 */
export const createDecoders = (most: number): ((header: string) => ((body: Buffer) => Promise<Buffer>) | undefined) => {
  let working = 0;
  const waiting: (() => void)[] = [];
  const turn = (): Promise<void> | undefined =>
    working++ < AT_A_TIME ? undefined : new Promise((resolve) => waiting.push(resolve));

  return (header) => {
    const encoding = header.trim().toLowerCase();
    if (encoding === 'identity') return undefined;
    if (!Object.hasOwn(decoders, encoding)) throw unknownEncoding(header);
    return async (body) => {
      await turn();
      try {
        return await decoders[encoding](body, { maxOutputLength: most, chunkSize: CHUNK_BYTES });
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
          const message = `The body is larger than the limit of ${most} bytes once it is decompressed; send less at a time.`;
          throw fail('TOO_LARGE', message, { expected: `at most ${most} bytes` });
        }
        const [field, expected] = ['content-encoding', `${encoding} from its first byte to its last`];
        throw fail('BAD_REQUEST', `The body is not ${encoding}, as its content encoding says.`, { field, expected });
      } finally {
        working--;
        waiting.shift()?.();
      }
    };
  };
};
