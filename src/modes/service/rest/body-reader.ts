/** Reading the body of a request: bounded, alone and with all others, and decompressed where it comes compressed. */
import type { ServerResponse } from 'node:http';
import type { FastifyContentTypeParser, FastifyRequest } from 'fastify';
import { fail, type MillraceError } from '../../../core/errors.ts';
import { type Bodies, bodiesFull } from '../bodies.ts';
import type { Limits } from '../limits.ts';
import { createDecoders } from './encoded-body.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where its answer goes. */
    answer: ServerResponse;
  }
}

const tooLarge = (most: number): MillraceError => {
  const expected = `at most ${most} bytes`;
  return fail('TOO_LARGE', `The body is larger than the limit of ${most} bytes; send less at a time.`, { expected });
};

/** A body that is not larger goes on uncounted once it is there: what waits for a model is bounded by its queue. */
const SMALL_BYTES = 64 * 1024;

/**
 * Collects a body as bytes. A length that is known beforehand is refused before anything is read; one that is not is
 * counted as it comes. What a large request holds is given back once it is answered.
 */
export const bodyReader = (bodies: Bodies, { bodyBytes }: Pick<Limits, 'bodyBytes'>): FastifyContentTypeParser => {
  const decoderOf = createDecoders(bodyBytes);
  return (request: FastifyRequest, payload, done): void => {
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > bodyBytes) throw tooLarge(bodyBytes);
    if (!bodies.hasRoom(declared)) throw bodiesFull;
    const encoding = request.headers['content-encoding'];
    const decode = encoding === undefined ? undefined : decoderOf(encoding);
    const chunks: Buffer[] = [];
    let held = 0;
    const refuse = (error: Error): void => {
      payload.off('data', onData).off('end', onEnd).off('error', refuse);
      bodies.give(held);
      done(error);
    };
    const finish = (body: Buffer): void => {
      // A caller who is gone by now gets no answer.
      if (held <= SMALL_BYTES || request.answer.closed) bodies.give(held);
      else request.answer.once('close', () => bodies.give(held));
      done(null, body);
    };
    const onData = (chunk: Buffer): void => {
      if (held + chunk.length > bodyBytes) refuse(tooLarge(bodyBytes));
      else if (!bodies.take(chunk.length)) refuse(bodiesFull);
      else {
        held += chunk.length;
        chunks.push(chunk);
      }
    };
    const onDecoded = (body: Buffer): void => {
      const more = Math.max(0, body.length - held);
      if (!bodies.take(more)) refuse(bodiesFull);
      else {
        held += more;
        finish(body);
      }
    };
    const onEnd = (): void => {
      payload.off('error', refuse);
      const body = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, held);
      if (decode === undefined) finish(body);
      else decode(body).then(onDecoded, refuse);
    };
    payload.on('data', onData).on('end', onEnd).on('error', refuse);
  };
};
