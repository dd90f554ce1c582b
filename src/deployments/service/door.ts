/** Ports whose connections are handed on to other processes, unread. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { cannotListen } from '../../modes/service/listen.ts';
import type { ListenPlace } from '../../modes/service/rest/listen.ts';
import type { ServeOptions } from './options.ts';
import { atDoor, placesOf, type ServiceDoor } from './places.ts';

interface Door {
  /** `host:port`. */
  readonly address: string;
  /** Resolves when all that had come has been handed on, and nobody else comes. */
  close(): Promise<void>;
}

const openDoor = async ({ host, port }: ListenPlace, handOn: (socket: Socket) => void): Promise<Door> => {
  const server = createServer({ pauseOnConnect: true, noDelay: true }, handOn);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(cannotListen(host, port, cause)));
    server.listen({ host, port }, resolve);
  });
  const { address, family, port: taken } = server.address() as AddressInfo;
  return {
    address: `${family === 'IPv6' ? `[${address}]` : address}:${taken}`,
    async close() {
      // Right after the event loop has accepted what there was, nobody waits at the door.
      await turn();
      server.close();
    },
  };
};

/** The addresses of a service's doors, as `host:port`. */
export interface OpenDoors extends Readonly<Record<Exclude<ServiceDoor, 'http'>, string | undefined>> {
  readonly http: string;
  /** Resolves when all that had come has been handed on, and nobody else comes. */
  close(): Promise<void>;
}

/** All of them, or none. @throws CANNOT_LISTEN, with the option that says where it was to be */
export const openDoors = async (
  options: ServeOptions,
  handOn: (door: ServiceDoor, socket: Socket) => void,
): Promise<OpenDoors> => {
  const places = placesOf(options);
  const opened: Door[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((door) => door.close()));
  };
  const open = async (name: ServiceDoor, place: ListenPlace): Promise<string> => {
    const opening = openDoor(place, (socket) => handOn(name, socket));
    const door = await atDoor(name, opening);
    opened.push(door);
    return door.address;
  };
  try {
    const http = await open('http', places.http);
    const grpc = places.grpc && (await open('grpc', places.grpc));
    const admin = places.admin && (await open('admin', places.admin));
    return { http, grpc, admin, close };
  } catch (error) {
    await close();
    throw error;
  }
};
