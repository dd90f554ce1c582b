import type { StreamEvent } from '../brokers/broker.ts';
import type { Problem } from '../core/errors.ts';
import type { Attributes } from './cloud-event.ts';
import type { Read } from './path.ts';

const decoder = new TextDecoder();

const textOf = (value: unknown): string | null => {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null;
};

/** The key of an event: what `keyOf` finds in its data, and without one its own; null where there is none. */
export const readKey = (
  event: Pick<StreamEvent, 'key'>,
  { cloudEvent, data }: { readonly cloudEvent: Attributes | undefined; readonly data: unknown },
  keyOf: Read | undefined,
): string | null => {
  if (keyOf) return textOf(keyOf(data));
  return cloudEvent?.partitionkey ?? (event.key === null ? null : decoder.decode(event.key));
};

/** What is wrong with an event that has none where one is needed. */
export const noKey: Problem = {
  code: 'BAD_EVENT',
  message: 'The event has no key where the deployment looks for it',
  field: 'key',
  expected: 'a text or a number',
};

/** The problem of an event that is larger than a deployment takes. */
export const tooLarge = ({ value }: Pick<StreamEvent, 'value'>, largest: number): Problem | undefined => {
  const size = value?.length ?? 0;
  if (size <= largest) return undefined;
  return {
    code: 'TOO_LARGE',
    message: `The event has ${size} bytes`,
    expected: `at most ${largest} bytes`,
    got: `${size} bytes`,
  };
};
