/** Callers who do not read their answers: their connections hold memory, so they are cut. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Cuts connections whose answer has not moved for `ms`. A look at all of them now and then: a timer for each connection,
 * set again with every byte, would cost every request.
 */
export const cutSlowReaders = (server: Server, ms: number, onCut: () => void): void => {
  /** Bytes that the system had taken of each at the last look; only of those that had more to send. */
  const stuck = new WeakMap<Socket, number>();
  const sockets = new Set<Socket>();
  const look = (): void => {
    for (const socket of sockets) {
      const pending = socket.writableLength;
      const sent = socket.bytesWritten - pending;
      if (pending === 0) stuck.delete(socket);
      else if (stuck.get(socket) === sent) {
        onCut();
        socket.destroy();
      } else stuck.set(socket, sent);
    }
  };
  const timer = setInterval(look, ms);
  timer.unref();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('close', () => clearInterval(timer));
};
