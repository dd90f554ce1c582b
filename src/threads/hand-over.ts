/**
 * Connections on their way to another process.
 *
 * Node lets one wait until the one before has been taken, and where the process ends meanwhile forgets all of them, the one that is under
 * way too: who has called would wait for ever. So each stays open here until it is under way, which the kernel closes if nobody takes it.
 *
 * Invariant: a connection goes over, or is closed, or is given back to who has given it, once.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import type { WireCall } from './wire.ts';

/** Has a connection again that was given to a process which has ended before its turn: unread, so that another may answer it. */
export type GivenBack = (socket: Socket) => void;

export interface HandOver {
  /** Sends one along with a message. */
  give(message: WireCall, socket: Socket, givenBack: GivenBack): void;
}

export const createHandOver = (child: ChildProcess): HandOver => {
  const waiting = new Map<Socket, GivenBack>();
  let isClosed = false;
  /** Once all who hear of the end have heard of it. */
  const giveBack = (socket: Socket, givenBack: GivenBack): void => {
    if (waiting.delete(socket)) setImmediate(givenBack, socket);
  };
  /** Once its channel has ended too, nothing that waits is sent any more. Not each end is told by each event. */
  const onEnd = (): void => {
    isClosed ||= !child.connected && (child.exitCode ?? child.signalCode) !== null;
    if (isClosed) for (const [socket, givenBack] of waiting) giveBack(socket, givenBack);
  };
  child.once('exit', onEnd).once('disconnect', onEnd).once('close', onEnd);
  return {
    give(message, socket, givenBack) {
      waiting.set(socket, givenBack);
      if (isClosed) giveBack(socket, givenBack);
      else if (child.connected) {
        child.send(message, socket, { keepOpen: true }, (error) => {
          if (error) giveBack(socket, givenBack);
          else if (waiting.delete(socket)) socket.destroy();
        });
      }
    },
  };
};
