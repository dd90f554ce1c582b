/** The places that a door has for callers: so many connections at a time, and of them so many for one address. */
import type { Socket } from 'node:net';
import type { Limits } from './limits.ts';

export interface Connections {
  readonly open: number;
  /** Gives a connection a place until it closes, or destroys it where there is none. */
  admit(socket: Socket): boolean;
}

export type ConnectionLimits = Pick<Limits, 'connections' | 'connectionsPerAddress'>;

/**
 * What counts as one address: of IPv6 the first 64 bits, as whoever has one address there has all that share them; IPv4
 * written as IPv6 is what it is.
 */
export const callerOf = (address: string): string => {
  const [, plain] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (plain !== undefined) return plain;
  if (!address.includes(':')) return address;
  const [head, tail = ''] = address.split('%', 1)[0].split('::');
  const groups = head === '' ? [] : head.split(':');
  const left = 8 - groups.length - (tail === '' ? 0 : tail.split(':').length);
  const zeros = address.includes('::') ? new Array<string>(left).fill('0') : [];
  const all = [...groups, ...zeros, ...(tail === '' ? [] : tail.split(':'))];
  return `${all.slice(0, 4).join(':')}::/64`;
};

/** `refused` is told of each connection that gets no place, by which limit. */
export const createConnections = (
  { connections, connectionsPerAddress }: ConnectionLimits,
  refused: (limit: 'UNAVAILABLE' | 'TOO_MANY_CONNECTIONS') => void,
): Connections => {
  const callers = new Map<string, number>();
  let open = 0;
  return {
    get open() {
      return open;
    },
    admit(socket) {
      const caller = callerOf(socket.remoteAddress ?? '');
      const own = callers.get(caller) ?? 0;
      if (open >= connections || own >= connectionsPerAddress) {
        socket.destroy();
        refused(open >= connections ? 'UNAVAILABLE' : 'TOO_MANY_CONNECTIONS');
        return false;
      }
      open++;
      callers.set(caller, own + 1);
      socket.once('close', () => {
        open--;
        const left = (callers.get(caller) ?? 1) - 1;
        if (left === 0) callers.delete(caller);
        else callers.set(caller, left);
      });
      return true;
    },
  };
};
