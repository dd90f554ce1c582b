/** The bytes of all bodies that are under way, through whichever door they come. */
import { fail } from '../../core/errors.ts';

export interface Bodies {
  /** Bytes of all that is being read, or whose large requests are being answered. */
  readonly bytes: number;
  hasRoom(bytes: number): boolean;
  /** Counts bytes that have come; false, and nothing is counted, when there is no room for them. */
  take(bytes: number): boolean;
  give(bytes: number): void;
}

/** `most` is in bytes. */
export const createBodies = (most: number): Bodies => {
  let held = 0;
  const hasRoom = (bytes: number): boolean => held + bytes <= most;
  return {
    get bytes() {
      return held;
    },
    hasRoom,
    take(bytes) {
      if (!hasRoom(bytes)) return false;
      held += bytes;
      return true;
    },
    give(bytes) {
      held -= bytes;
    },
  };
};

/** Made once: a stack for each of many refusals would cost more than the refusal. */
export const bodiesFull = fail(
  'BODIES_FULL',
  'The bodies of all requests together are more than this service holds at a time; try again a little later.',
  { expected: 'room for the body', got: 'as many bytes as may be' },
);
