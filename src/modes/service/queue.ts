/**
 * The requests that wait for one model: in the order in which they came, bounded, and taken out a run at a time.
 *
 * Invariants: `waiting` is the sum of what its jobs have left, never below nothing, and nothing when no job is left. A job that
 * is settled has nothing left.
 */
import { invariant } from '../../core/invariant.ts';
import { cancelled, type Job, type Piece, tooLate } from './job.ts';
import type { Limits } from './limits.ts';

export type QueueLimits = Pick<Limits, 'batchRows' | 'batchBytes' | 'queueRequests' | 'queueRows' | 'queueBytes'>;

export interface Waiting {
  readonly requests: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface Queue {
  readonly waiting: Waiting;
  add(job: Job): void;
  /** Whether there is room for a request of so many rows and bytes. */
  hasRoom(rows: number, bytes: number): boolean;
  /** Forgets what of a job has not been taken. */
  drop(job: Job): void;
  /** Takes the rows of the next run, `most` (at least 1) at most and of one form; none when nothing waits. */
  take(most: number): readonly Piece[];
  /** Refuses those whose callers are gone. */
  sweep(): void;
  /** All that wait, and some that are settled. */
  jobs(): Iterable<Job>;
}

/** `refuse` must `drop` the job. */
export const createQueue = (limits: QueueLimits, refuse: (job: Job, error: Error) => void): Queue => {
  /** By the form's key, each in order of arrival; a key without jobs is taken out. */
  const queues = new Map<string, Job[]>();
  const waiting = { requests: 0, rows: 0, bytes: 0 };

  /** The queue whose first job has waited longest. */
  const oldest = (): Job[] | undefined => {
    if (queues.size === 1) for (const queue of queues.values()) return queue;
    let found: Job[] | undefined;
    for (const queue of queues.values()) if (!found || queue[0].work.since < found[0].work.since) found = queue;
    return found;
  };

  /** What is left of a long request lets those behind it pass, once for each of its runs. */
  const letOthersPass = (queue: Job[]): void => {
    const [first] = queue;
    if (first.taken === 0 || first.work.rows - first.taken <= limits.batchRows) return;
    first.letOthersPass = !first.letOthersPass;
    if (first.letOthersPass) queue.push(...queue.splice(0, 1));
  };

  const takeFrom = (queue: Job[], most: number): readonly Piece[] => {
    const now = performance.now();
    const mostRows = Math.min(most, limits.batchRows);
    letOthersPass(queue);
    const pieces: Piece[] = [];
    let rows = 0;
    let bytes = 0;
    let done = 0;
    for (; done < queue.length && rows < mostRows && bytes < limits.batchBytes; done++) {
      const job = queue[done];
      const { work } = job;
      if (!job.settled && work.caller?.destroyed) refuse(job, cancelled);
      if (now > job.deadline) refuse(job, tooLate);
      if (job.settled) continue;
      const start = job.taken;
      const end = Math.min(work.rows, start + mostRows - rows);
      pieces.push({ job, input: work.input, rows: work.rows, start, end });
      rows += end - start;
      bytes += (work.bytes * (end - start)) / work.rows;
      waiting.rows -= end - start;
      job.taken = end;
      if (end < work.rows) break;
      waiting.requests--;
      waiting.bytes -= work.bytes;
    }
    queue.splice(0, done);
    return pieces;
  };

  return {
    waiting,
    add(job) {
      const { form, rows, bytes } = job.work;
      invariant(
        waiting.requests >= 0 && waiting.rows >= 0 && waiting.bytes >= 0,
        'no less than nothing waits for the model',
      );
      const queue = queues.get(form.key);
      if (queue) queue.push(job);
      else queues.set(form.key, [job]);
      waiting.requests++;
      waiting.rows += rows;
      waiting.bytes += bytes;
    },
    hasRoom(rows, bytes) {
      if (waiting.requests >= limits.queueRequests) return false;
      // One alone may be as large as a request may be.
      if (waiting.requests === 0) return true;
      return waiting.rows + rows <= limits.queueRows && waiting.bytes + bytes <= limits.queueBytes;
    },
    drop({ work, taken }) {
      // Its place in the queue is cleared when the queue is next looked at.
      if (taken === work.rows) return;
      waiting.requests--;
      waiting.rows -= work.rows - taken;
      waiting.bytes -= work.bytes;
    },
    take(most) {
      for (let queue = oldest(); queue !== undefined; queue = oldest()) {
        const pieces = takeFrom(queue, most);
        if (queue.length === 0) for (const [key, value] of queues) if (value === queue) queues.delete(key);
        if (pieces.length > 0) return pieces;
      }
      return [];
    },
    sweep() {
      for (const [key, queue] of queues) {
        for (const job of queue) if (job.work.caller?.destroyed) refuse(job, cancelled);
        const left = queue.filter((job) => !job.settled);
        if (left.length === 0) queues.delete(key);
        else queues.set(key, left);
      }
    },
    *jobs() {
      for (const queue of queues.values()) yield* queue;
    },
  };
};
