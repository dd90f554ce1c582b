/** Refusals of bodies that are still being sent, and who must be able to read them. */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/** What of an unread body is read and thrown away, behind which a connection can be kept: as much as is read without a thread. */
const SHORT_BYTES = 256 * 1024;
/** What is read and thrown away of a longer one at most. */
const LINGER_BYTES = 256 * 2 ** 20;
const LOOK_MS = 200;

/** Whether so much of the body may still come that the connection is better ended. */
export const hasMore = ({ complete, headers }: IncomingMessage): boolean =>
  !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > SHORT_BYTES);

/**
 * Makes a connection close in two steps (RFC 9112, 9.6): the answer, then, once the caller has said its all or after `ms`,
 * the end. A connection that is cut while its caller sends is reset, and many callers never see the answer before it.
 */
export const linger = (socket: Socket, ms: number): void => {
  const read = socket.bytesRead;
  socket.destroySoon = () => {
    socket.end();
    const until = performance.now() + ms;
    const timer = setInterval(() => {
      if (performance.now() > until || socket.bytesRead - read > LINGER_BYTES) socket.destroy();
    }, LOOK_MS);
    socket.once('close', () => clearInterval(timer));
  };
};
