/** A port whose connections are handed on to other processes, unread. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { cannotListen } from '../../modes/service/listen.ts';

export interface Door {
  /** `host:port`. */
  readonly address: string;
  /** Resolves when all that had come has been handed on, and nobody else comes. */
  close(): Promise<void>;
}

/** @throws MillraceError CANNOT_LISTEN */
export const openDoor = async (
  { host, port }: { readonly host: string; readonly port: number },
  handOn: (socket: Socket) => void,
): Promise<Door> => {
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
