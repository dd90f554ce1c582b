/** Parts of Millrace that are loaded when they are first needed: in a browser each is a file that has to be fetched. */
import { fail, messageOf } from './errors.ts';

/**
 * Loads a part once, however often it is asked for; what could not be loaded is tried again with the next call.
 *
 * @throws NOT_LOADED, rejecting
 */
export const onDemand = <T>(load: () => Promise<T>): (() => Promise<T>) => {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load().catch((cause: unknown) => {
      loading = undefined;
      const got = messageOf(cause);
      throw fail(
        'NOT_LOADED',
        `A part of Millrace cannot be loaded: ${got}. Serve all its files beside each other, and try again.`,
        { got, cause },
      );
    });
    return loading;
  };
};
