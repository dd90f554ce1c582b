/** The inside of a process: what it has for who has started it. */
import { type Calls, createWire, type OtherSide } from './wire.ts';

/** Answers what the process is asked, until the channel to who has started it is closed; and asks in its turn. */
export const serveProcess = <Theirs extends Calls>(own: Calls): OtherSide<Theirs> => {
  // A terminal sends these to all processes of a group; when this one ends is for who has started it to say.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  const { hear, ask, say } = createWire<Theirs>({
    send(message) {
      if (process.connected) process.send?.(message);
    },
    own,
  });
  process.on('message', (message, socket) => hear(message, socket));
  return { ask, say };
};
