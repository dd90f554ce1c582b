/** A thread that reads large bodies, one at a time, and hands over what it has read in parcels, as they are asked for. */
import { serveThread } from '../../../threads/serve-thread.ts';
import { type ListParcel, parcelsOf } from './parcels.ts';
import { type ReadKind, reads } from './reads.ts';

let parcels: Generator<ListParcel> | undefined;

/** The next parcel; undefined when all has been handed over. */
const next = (): ListParcel | undefined => {
  const { value, done } = parcels?.next() ?? { done: true, value: undefined };
  return done ? undefined : value;
};

const calls = {
  /** Begins to read a body, in the place of any before. */
  async read(kind: ReadKind, body: unknown): Promise<ListParcel | undefined> {
    parcels = parcelsOf(await (reads[kind] as (body: unknown) => unknown)(body));
    return next();
  },
  next,
};
export type ReadingCalls = typeof calls;

serveThread(calls);
