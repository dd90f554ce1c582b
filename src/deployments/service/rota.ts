/**
 * Who gets the next connection: the members in turn; while none is there, connections wait for the first that comes. One whose member has
 * ended before it took the connection goes to the next.
 */
import type { Socket } from 'node:net';
import type { Member } from './member.ts';
import type { ServiceDoor } from './places.ts';

export interface Rota {
  /** In the order in which they get the next connection. */
  readonly members: readonly Member[];
  hand(door: ServiceDoor, socket: Socket): void;
  /** It takes part from now on, and gets what has waited. */
  join(member: Member): void;
  leave(member: Member): void;
  /** Ends the connections that wait: nobody will come to take them. */
  close(): void;
}

/** Connections that wait while no member is there. */
const MOST_WAITING = 1024;

export const createRota = (): Rota => {
  const members: Member[] = [];
  const waiting: { readonly door: ServiceDoor; readonly socket: Socket }[] = [];
  let isClosed = false;
  const hand = (door: ServiceDoor, socket: Socket): void => {
    const member = members.shift();
    if (member !== undefined) {
      members.push(member);
      member.give('connection', door, socket, (again) => hand(door, again));
    } else if (waiting.length < MOST_WAITING && !isClosed) waiting.push({ door, socket });
    else socket.destroy();
  };
  return {
    members,
    hand,
    join(member) {
      members.push(member);
      for (const { door, socket } of waiting.splice(0)) hand(door, socket);
    },
    leave(member) {
      const at = members.indexOf(member);
      if (at >= 0) members.splice(at, 1);
    },
    close() {
      isClosed = true;
      for (const { socket } of waiting.splice(0)) socket.destroy();
    },
  };
};
