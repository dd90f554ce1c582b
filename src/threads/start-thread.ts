/**
 * A thread, for who has started it.
 *
 * Only questions that are open, and `close`, keep the process alive. All that the thread said is heard before its end is told.
 * Who asks a thread that is gone is told so, and never waits.
 */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import { messageOf } from '../core/errors.ts';
import type { Bell } from './bell.ts';
import { type Ended, type Lasting, within } from './ended.ts';
import { type Calls, createWire, type OtherSide } from './wire.ts';

export interface Thread<Theirs extends Calls> extends OtherSide<Theirs>, Lasting {
  /**
   * Lets it do what it was asked, calls `close` of it, and resolves when it has ended. After `mostMs` it is ended: without
   * end unless given.
   */
  close(mostMs?: number): Promise<void>;
  /** Ends it; who waits for an answer is told so at once. Resolves when it is gone. */
  kill(how: string): Promise<void>;
}

export interface ThreadOptions {
  /** What those are told who ask it, or wait for an answer of it, when it has ended. */
  readonly lost: (ended: Ended) => Error;
  /** What becomes of what it has thrown, before who has asked hears it; nothing unless given. */
  readonly told?: ((error: Error) => Error) | undefined;
  readonly limits?: ResourceLimits | undefined;
  /** Of a thread that sleeps until it is called (`bell.ts`). */
  readonly bell?: Bell | undefined;
}

export const startThread = <Theirs extends Calls>(
  file: URL,
  { lost, told, limits, bell }: ThreadOptions,
): Thread<Theirs> => {
  const worker = new Worker(file, { workerData: bell?.shared, resourceLimits: limits });
  let isGone = false;
  let isClosing = false;
  let error: Ended['error'];
  const send: Parameters<typeof createWire>[0]['send'] = (message, moved) => {
    worker.postMessage(message, moved);
    bell?.ring();
  };
  const { hear, cut, ask, say } = createWire<Theirs>({
    send,
    told,
    onBusy(isBusy) {
      if (isBusy) worker.ref();
      else if (!isClosing) worker.unref();
    },
  });
  worker.on('message', (message) => hear(message));
  worker.once('error', (thrown) => {
    error = thrown instanceof Error ? thrown : new Error(messageOf(thrown));
  });
  const gone = new Promise<Ended>((resolve) => {
    worker.once('exit', (code) => {
      isGone = true;
      const ended = { how: error ? messageOf(error) : `exit code ${code}`, error };
      cut(lost(ended));
      resolve(ended);
    });
  });
  worker.unref();

  const kill = async (how: string): Promise<void> => {
    cut(lost({ how }));
    await worker.terminate();
  };
  return {
    ask,
    say,
    get isGone() {
      return isGone;
    },
    gone,
    kill,
    async close(mostMs) {
      if (isGone) return;
      if (!isClosing) {
        isClosing = true;
        worker.ref();
        send({ call: 0, name: 'close', values: [] }, []);
      }
      if (mostMs === undefined) await gone;
      else await within(mostMs, gone, () => void kill('it did not end by itself'));
    },
  };
};
