/**
 * Threads that sleep until they are called: they wait inside a library, which wants the next piece before it returns, and so
 * never come back to their event loop while they work. A bell wakes them.
 *
 * Each message is counted after it was sent, so that none is slept through. A process that exits while a thread sleeps inside
 * native code would crash: who has started the thread waits until it has left.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { fail } from '../core/errors.ts';
import { type Calls, failureOf, type Movable, type Reply, type WireCall } from './wire.ts';

/** Places in the memory that both sides share: messages so far, and 1 when the thread has left. */
const SENT = 0;
const LEFT = 1;

export interface Bell {
  readonly shared: Int32Array;
  /** A message has been sent. */
  ring(): void;
  /** Holds up this thread until the other has left, for so many milliseconds at most. */
  awaitLeft(mostMs: number): void;
}

export const createBell = (): Bell => {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  return {
    shared,
    ring() {
      Atomics.add(shared, SENT, 1);
      Atomics.notify(shared, SENT);
    },
    awaitLeft: (mostMs) => void Atomics.wait(shared, LEFT, 0, mostMs),
  };
};

/** A call, to be answered whenever it can be. */
export type Heard<Own extends Calls> = {
  readonly [Name in keyof Own]: {
    readonly name: Name;
    readonly values: Parameters<Own[Name]>;
    answer(value: ReturnType<Own[Name]>, moved?: readonly Movable[]): void;
    refuse(error: unknown): void;
  };
}[keyof Own];

/** In the thread: sleeps until it is called, and returns the call. @throws INTERNAL outside a thread */
export const awaitCall = <Own extends Calls>(): Heard<Own> => {
  const port = parentPort;
  if (port === null) throw fail('INTERNAL', 'This file is for a thread.');
  const shared = workerData as Int32Array;
  const reply = (message: Reply, moved: readonly Movable[] = []): void => port.postMessage(message, moved);
  for (;;) {
    const seen = Atomics.load(shared, SENT);
    const received = receiveMessageOnPort(port);
    if (received !== undefined) {
      const { call, name, values } = received.message as WireCall;
      return {
        name,
        values,
        answer: (value: unknown, moved?: readonly Movable[]) => reply({ answer: call, value }, moved),
        refuse: (error: unknown) => reply({ answer: call, failure: failureOf(error) }),
      } as unknown as Heard<Own>;
    }
    Atomics.wait(shared, SENT, seen);
  }
};

/** In the thread: it has left what it slept in. */
export const tellLeft = (): void => {
  const shared = workerData as Int32Array;
  Atomics.store(shared, LEFT, 1);
  Atomics.notify(shared, LEFT);
};
