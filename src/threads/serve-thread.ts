/** The inside of a thread: what it has for who has started it. */
import { parentPort } from 'node:worker_threads';
import { fail } from '../core/errors.ts';
import { type Calls, createWire } from './wire.ts';

/** Answers what the thread is asked, until it has been told to close; then nothing of it keeps the thread. @throws INTERNAL outside a thread */
export const serveThread = (own: Calls): void => {
  const port = parentPort;
  if (port === null) throw fail('INTERNAL', 'This file is for a thread.');
  const close = async (): Promise<void> => {
    try {
      await (own.close as (() => unknown) | undefined)?.();
    } finally {
      port.close();
    }
  };
  const { hear } = createWire({
    send: (message, moved) => port.postMessage(message, moved),
    own: { ...own, close },
  });
  port.on('message', (message) => hear(message));
};

/** Work that is done one after the other, in the order in which it came. */
export const createTurns = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => T | Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => undefined);
    return done;
  };
};
