/**
 * Reading bodies so that one caller's never holds up the others: a small one is read at once, a large one in a thread,
 * of which there are few. A thread that takes too long, or more memory than it may, is ended, and another takes its place.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { fail } from '../../../core/errors.ts';
import { beside, type Ended, within } from '../../../threads/ended.ts';
import { startThread, type Thread } from '../../../threads/start-thread.ts';
import { inTime } from '../in-time.ts';
import { tooLate } from '../job.ts';
import type { Limits } from '../limits.ts';
import { createUnpacker } from './parcels.ts';
import { type ReadKind, type Reads, reads } from './reads.ts';
import type { ReadingCalls } from './thread.ts';

export interface Reader {
  /** What is read out of a body. @throws what the function of that name in `reads.ts` throws; TOO_LARGE, UNAVAILABLE */
  read<Kind extends ReadKind>(
    kind: Kind,
    body: Parameters<Reads[Kind]>[0],
    caller?: { readonly destroyed: boolean },
    deadline?: number,
  ): Awaited<ReturnType<Reads[Kind]>> | Promise<Awaited<ReturnType<Reads[Kind]>>>;
  /** Bodies that are read in threads, or wait to be. */
  readonly waiting: number;
  /** Threads that were ended since they took too long or too much memory. */
  readonly ended: number;
  close(): Promise<void>;
}

/** From here on a body is read in a thread. */
export const LARGE_BYTES = 256 * 1024;
/** Threads of a process. */
const THREADS = 2;
/** What a thread may keep on its heap. */
const THREAD_MIB = 768;

interface Job {
  readonly kind: ReadKind;
  readonly body: unknown;
  readonly caller: { readonly destroyed: boolean } | undefined;
  readonly deadline: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const tooSlow = fail('TOO_LARGE', 'The body takes longer to read than a body may; send less at a time.', {
  expected: 'a body that is read in time',
  got: 'one that is not',
});
const tooMuch = fail('TOO_LARGE', 'The body takes more memory to read than a body may; send less at a time.', {
  expected: 'a body of fewer values',
  got: 'one of very many',
});
const gone = fail('CANCELLED', 'The caller went away before the answer was ready.');
const closing = fail('UNAVAILABLE', 'The service is stopping.');

const LATE = 'it took too long';

/** What is told of a body whose thread has ended. */
const lost = ({ how, error }: Ended): Error => {
  if (how === LATE) return tooSlow;
  if (error === undefined) return closing;
  return error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooMuch : error;
};

export const createReader = ({ readMs, timeoutMs }: Pick<Limits, 'readMs' | 'timeoutMs'>): Reader => {
  const queue: Job[] = [];
  const idle: Thread<ReadingCalls>[] = [];
  const threads = new Set<Thread<ReadingCalls>>();
  let working = 0;
  let ended = 0;
  let closed = false;

  const start = (): Thread<ReadingCalls> => {
    const limits = { maxOldGenerationSizeMb: THREAD_MIB };
    const thread = startThread<ReadingCalls>(beside('./thread', import.meta.url), { lost, limits });
    threads.add(thread);
    void thread.gone.then(() => {
      threads.delete(thread);
      if (idle.includes(thread)) idle.splice(idle.indexOf(thread), 1);
    });
    return thread;
  };

  const readAll = async (thread: Thread<ReadingCalls>, { kind, body }: Job): Promise<unknown> => {
    const { add, whole } = createUnpacker();
    for (let parcel = await thread.ask('read', [kind, body]); parcel !== undefined; ) {
      add(parcel);
      // The next one in another turn of the event loop, so that others have theirs.
      await turn();
      parcel = await thread.ask('next', []);
    }
    return whole();
  };
  const work = async (job: Job): Promise<void> => {
    const thread = idle.pop() ?? start();
    let isEnded = false;
    const end = (): void => {
      isEnded = true;
      void thread.kill(LATE);
    };
    try {
      job.resolve(await within(readMs, readAll(thread, job), end));
    } catch (error) {
      isEnded ||= thread.isGone;
      if (isEnded) ended++;
      job.reject(error);
    }
    if (closed) void thread.kill('the service is stopping');
    else if (!isEnded) idle.push(thread);
  };

  const pump = (): void => {
    while (working < THREADS) {
      const job = queue.shift();
      if (job === undefined) return;
      if (job.caller?.destroyed || performance.now() >= job.deadline) {
        job.reject(job.caller?.destroyed ? gone : tooLate);
        continue;
      }
      working++;
      void work(job).then(() => {
        working--;
        pump();
      });
    }
  };

  return {
    get waiting() {
      return queue.length + working;
    },
    get ended() {
      return ended;
    },
    read(kind, body, caller, given) {
      if (body.bytes.byteLength <= LARGE_BYTES) return reads[kind](body as never) as never;
      if (closed) throw closing;
      const deadline = given ?? performance.now() + timeoutMs;
      const reading = new Promise((resolve, reject) => {
        queue.push({ kind, body, caller, deadline, resolve, reject });
        pump();
      });
      return inTime(reading, deadline, () => tooLate) as never;
    },
    async close() {
      closed = true;
      for (const { reject } of queue.splice(0)) reject(closing);
      await Promise.all([...threads].map((thread) => thread.kill('the service is stopping')));
    },
  };
};
