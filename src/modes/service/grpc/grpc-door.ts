/** A door for gRPC, whose code is read when it is opened: HTTP is ready earlier by that. */
import type { Socket } from 'node:net';
import type { ListenPlace } from '../rest/listen.ts';
import type { Grpc, GrpcOptions } from './server.ts';

export interface GrpcDoor {
  /** Resolves with `host:port`. @throws CANNOT_LISTEN */
  listen(place: ListenPlace): Promise<string>;
  /** What takes connections that another process accepts, instead of listening. */
  takeIn(): Promise<(socket: Socket) => void>;
  /** Takes no new calls, and resolves when those under way are answered. */
  close(): Promise<void>;
}

export const createGrpcDoor = (options: GrpcOptions): GrpcDoor => {
  let opened: Grpc | undefined;
  const open = async (): Promise<Grpc> => {
    const { createGrpc } = await import('./server.ts');
    opened = createGrpc(options);
    return opened;
  };
  return {
    async listen({ host, port }) {
      const taken = await (await open()).listen({ host, port });
      return `${host.includes(':') ? `[${host}]` : host}:${taken}`;
    },
    takeIn: async () => (await open()).accept,
    close: async () => opened?.close(),
  };
};
