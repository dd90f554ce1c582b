/** What a thread and a process of these tests have for who has started them. */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import { fail } from '../../src/core/errors.ts';
import { moved } from '../../src/threads/wire.ts';

export const calls = {
  add: (a: number, b: number): number => a + b,
  async later<T>(ms: number, value: T): Promise<T> {
    await pause(ms);
    return value;
  },
  refuse(): never {
    throw fail('BAD_REQUEST', 'Not this one.', { field: 'a' });
  },
  breakDown(): never {
    throw Object.assign(new Error('it is locked'), { code: 'ERR_SQLITE_ERROR', errcode: 5 });
  },
  give: (length: number): Float64Array => {
    const numbers = new Float64Array(length).fill(1);
    return moved(numbers, [numbers.buffer]);
  },
  measure: (bytes: ArrayBuffer): number => bytes.byteLength,
  giveFunction: (): unknown => () => 1,
  loop(): void {
    for (;;);
  },
  greet: (text: string, socket?: Socket): void => void socket?.end(text),
  end: (code: number): void => process.exit(code),
  throwLater(): void {
    setImmediate(() => {
      throw new Error('nobody has asked for this');
    });
  },
  /** Writes on the wire what is no call and no answer of ours. */
  meddle(): string {
    for (const message of [null, 7, {}, { answer: 999, value: 1 }, { call: 1, name: 'toString', values: [] }]) {
      if (parentPort === null) process.send?.(message);
      else parentPort.postMessage(message);
    }
    return 'done';
  },
};
export type TestCalls = typeof calls;
