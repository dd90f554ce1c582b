/** Opening and closing the door: from the first connection to the last answer. */
import type { Server } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { cannotListen } from '../listen.ts';

export interface ListenPlace {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
}

/** The open connections of a server. */
const open = new WeakMap<Server, Set<Socket>>();

const keepTrack = (server: Server): void => {
  const sockets = new Set<Socket>();
  open.set(server, sockets);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
};

/** Resolves with the address, as `http://host:port`. @throws CANNOT_LISTEN */
export const listen = async (server: Server, { host, port }: ListenPlace): Promise<string> => {
  keepTrack(server);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw cannotListen(host, port, cause);
  }
  const { address, family, port: taken } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
};

/** Connections that another process has accepted and handed over. */
export interface Intake {
  readonly open: ReadonlySet<Socket>;
  accept(socket: Socket): void;
}

/** Makes a server that does not listen itself ready for the connections of others. */
export const createIntake = (server: Server): Intake => {
  const open = new Set<Socket>();
  // From here on requests are watched for their time, as they are from `listen` on.
  server.emit('listening');
  return {
    open,
    accept(socket) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      // A caller may close its side behind its request, and still wait for the answer.
      socket.allowHalfOpen = true;
      server.emit('connection', socket);
      socket.resume();
    },
  };
};

/** Ends the connections on which nothing was ever said, which Node does not count among the idle ones. */
const closeSilent = (server: Server): void => {
  for (const socket of open.get(server) ?? []) if (socket.bytesRead === 0) socket.destroy();
};

const connectionsOf = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((_error, count) => resolve(count)));

export interface DrainOptions {
  /** For so long, a connection on which nothing happens is kept, as its caller's next request may be under way. */
  readonly lingerMs: number;
  /** After so long, what is still open is cut. */
  readonly mostMs: number;
}

/**
 * Takes no more connections, answers what comes over those that there are, and resolves when all are closed. Callers are
 * told by `Connection: close` on their next answer, which is for the routes to say; Node's own `close` would cut off
 * connections whose request is still unread.
 */
export const drain = async (
  server: Server,
  { lingerMs, mostMs }: DrainOptions,
  intake: Intake | undefined,
): Promise<void> => {
  if (server.listening) {
    // Right after the event loop has accepted what there was, nobody waits at the door.
    await turn();
    NetServer.prototype.close.call(server);
  } else if (intake === undefined) return;
  const count = async () => (await connectionsOf(server)) + (intake?.open.size ?? 0);
  const began = performance.now();
  for (let ms = 0; (await count()) > 0; ms = performance.now() - began) {
    if (ms >= mostMs) server.closeAllConnections();
    else if (ms >= lingerMs) {
      server.closeIdleConnections();
      closeSilent(server);
    }
    await pause(10);
  }
};
