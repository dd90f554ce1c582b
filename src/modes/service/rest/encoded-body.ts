/** Bodies that come compressed, as clients of the protocol may send them (`Content-Encoding`, RFC 9110, 8.4). */
import { pipeline } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { FastifyInstance, RequestPayload } from 'fastify';
import { fail, show } from '../../../core/errors.ts';

const decoders = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
} as const;

/** From here on a body is what it was before it was compressed; the limit of its size counts for that. */
export const decodeBodies = (app: FastifyInstance): void => {
  app.addHook('preParsing', (request, _reply, payload, next) => {
    const encoding = request.headers['content-encoding']?.trim().toLowerCase();
    if (encoding === undefined || encoding === 'identity') return next(null, payload);
    if (!Object.hasOwn(decoders, encoding)) {
      const expected = `one of ${Object.keys(decoders).join(', ')}`;
      return next(
        fail(
          'UNSUPPORTED_MEDIA',
          `This content encoding is not read here: expected ${expected}, got ${show(encoding)}.`,
          { expected, got: show(encoding) },
        ),
      );
    }
    const decoder = decoders[encoding as keyof typeof decoders]();
    let received = 0;
    payload.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    // The framework compares it with Content-Length, which counts compressed bytes.
    const decoded = Object.defineProperty(decoder, 'receivedEncodedLength', { get: () => received }) as RequestPayload;
    pipeline(payload, decoder, () => {});
    // It may still fail when nobody listens any more, because the request has been refused for something else.
    decoder.on('error', () => {});
    next(null, decoded);
  });
};
