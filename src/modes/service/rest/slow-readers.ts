/** Callers who do not read their answers: their connections hold memory, so they are cut. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const LOOK_MS = 500;

/**
 * Cuts connections whose answer has not moved for `ms`. A look at all of them now and then: a timer for each connection,
 * set again with every byte, would cost every request.
 */
export const cutSlowReaders = (server: Server, ms: number, onCut: () => void): void => {
  /** Bytes that the system had taken of each, and since when; only of those that had more to send. */
  const stuck = new WeakMap<Socket, { readonly sent: number; readonly since: number }>();
  const sockets = new Set<Socket>();
  const look = (): void => {
    const now = performance.now();
    for (const socket of sockets) {
      const pending = socket.writableLength;
      if (pending === 0) {
        stuck.delete(socket);
        continue;
      }
      const sent = socket.bytesWritten - pending;
      const last = stuck.get(socket);
      if (last?.sent !== sent) stuck.set(socket, { sent, since: now });
      else if (now - last.since >= ms) {
        onCut();
        socket.destroy();
      }
    }
  };
  const timer = setInterval(look, Math.min(LOOK_MS, ms));
  timer.unref();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('close', () => clearInterval(timer));
};
