/**
 * The door for gRPC. Its code, which is a third of what a service would load before its first answer, is read when the first
 * caller comes in.
 */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Connections } from '../connections.ts';
import { cannotListen } from '../listen.ts';
import type { ListenPlace } from '../rest/listen.ts';
import type { Grpc, GrpcOptions } from './server.ts';

export interface GrpcDoorOptions extends GrpcOptions {
  /** Places for the connections of this door. */
  readonly places: Connections;
}

export interface GrpcDoor {
  /** Resolves with `host:port`. @throws CANNOT_LISTEN */
  listen(place: ListenPlace): Promise<string>;
  /** Takes a connection that another process has accepted. */
  accept(socket: Socket): void;
  /** Takes no new calls, and resolves when those under way are answered. */
  close(): Promise<void>;
}

export const createGrpcDoor = ({ places, ...options }: GrpcDoorOptions): GrpcDoor => {
  let server: Promise<Grpc> | undefined;
  const opened = (): Promise<Grpc> => {
    server ??= import('./server.ts').then(({ createGrpc }) => createGrpc(options));
    return server;
  };
  const accept = (socket: Socket): void => {
    if (!places.admit(socket)) return;
    // Until the server listens to it, nobody else does; the bytes wait in the system.
    socket.on('error', () => socket.destroy());
    opened().then(
      (grpc) => {
        if (!socket.destroyed) grpc.accept(socket);
      },
      (error: unknown) => {
        options.log.error({ err: error }, 'gRPC could not be loaded');
        socket.destroy();
      },
    );
  };
  const door = createServer(accept);

  return {
    accept,
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        door.once('error', (error) => reject(cannotListen(host, port, error)));
        door.listen({ host, port }, () =>
          resolve(`${host.includes(':') ? `[${host}]` : host}:${(door.address() as AddressInfo).port}`),
        );
      }),
    async close() {
      door.close();
      await (await server)?.close();
    },
  };
};
