/** A thread that reads large bodies, one at a time, and hands over what it has read in parcels, as they are asked for. */
import { type MessagePort, parentPort } from 'node:worker_threads';
import { type Problem, problemOf } from '../../../core/errors.ts';
import { type Parcel, parcelsOf } from './parcels.ts';
import { reads } from './reads.ts';

/** A body to read, or the wish for the next parcel of it. */
export type ToThread = { readonly kind: string; readonly body: unknown } | { readonly next: true };
export type FromThread =
  | { readonly parcel: Parcel }
  /** All has been handed over. */
  | { readonly done: true }
  | { readonly problem: Problem };

const port = parentPort as MessagePort;
const say = (message: FromThread): void => port.postMessage(message);

let parcels: Generator<Parcel> | undefined;

const handOn = (): void => {
  const next = parcels?.next();
  if (next === undefined || next.done) {
    parcels = undefined;
    say({ done: true });
  } else say({ parcel: next.value });
};

port.on('message', async (message: ToThread) => {
  try {
    if ('kind' in message) {
      const read = reads[message.kind as keyof typeof reads] as (body: unknown) => unknown;
      parcels = parcelsOf(await read(message.body));
    }
    handOn();
  } catch (error) {
    parcels = undefined;
    say({ problem: problemOf(error) });
  }
});
