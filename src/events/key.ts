/**
 * Keys of events. A key is an identity: it is bytes, and it is joined, partitioned and passed on as bytes. Where only
 * text can stand (JSON, CEL, a column of a table), a key that is no text stands as its bytes in base64, so that two keys
 * never become one.
 */
import type { StreamEvent } from '../brokers/broker.ts';
import type { Problem } from '../core/errors.ts';
import { utf8Text } from '../text/utf8.ts';
import type { Attributes } from './cloud-event.ts';
import type { ReadPath } from './path.ts';

/** A key in JSON: its text, or its bytes where it is no text. */
export type KeyJson = string | { readonly base64: string };

const encoder = new TextEncoder();
const base64Of = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');

/** CloudEvents 1.0 allows no control characters in an attribute (3.1, String), and PostgreSQL none of them in a text. */
const control = /\p{Cc}/u;

/** The text that a key is: UTF-8 without control characters. Undefined for one that is no text. */
const textOf = (key: Uint8Array): string | undefined => {
  const text = utf8Text(key);
  return text === undefined || control.test(text) ? undefined : text;
};

export const keyJson = (key: Uint8Array): KeyJson => textOf(key) ?? { base64: base64Of(key) };

/** A key as CEL sees it: a text, bytes where it is no text, and null where there is none. */
export const keyVariable = (key: Uint8Array | null): string | Uint8Array | null =>
  key === null ? null : (textOf(key) ?? key);

/** The attributes of a CloudEvent that name its key; those that only a text can be are left out for one that is none. */
export const keyAttributes = (key: Uint8Array | null) => {
  const text = (key && textOf(key)) || undefined;
  return { subject: text, partitionkey: text };
};

/** Bytes of base64 that is written as it should be; undefined for any other text. */
const decoded = (base64: string): Uint8Array | undefined => {
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
};

/** The key that a value of JSON is: a text, a number, true or false, or `{"base64": …}`; null for anything else. */
export const keyOfJson = (value: unknown): Uint8Array | null => {
  // Half of a surrogate pair has no bytes in UTF-8; replaced, it would be any other.
  if (typeof value === 'string') return value.isWellFormed() ? encoder.encode(value) : null;
  // A number past the range of a float64 has lost its digits, and would be one with all others.
  if (typeof value === 'number' && !Number.isFinite(value)) return null;
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') {
    return encoder.encode(String(value));
  }
  if (typeof value !== 'object' || value === null) return null;
  const { base64, ...others } = value as { readonly base64?: unknown };
  return typeof base64 === 'string' && Object.keys(others).length === 0 ? (decoded(base64) ?? null) : null;
};

const MARK = 'base64:';

/** A text that is this key's and no other's: for a column, a table on a terminal, an index in memory. */
export const keyName = (key: KeyJson): string => {
  if (typeof key !== 'string') return MARK + key.base64;
  return key.startsWith(MARK) ? MARK + base64Of(encoder.encode(key)) : key;
};

/** The key that has this name. */
export const keyNamed = (name: string): Uint8Array =>
  (name.startsWith(MARK) ? decoded(name.slice(MARK.length)) : undefined) ?? encoder.encode(name);

/** The key of an event: what `keyOf` finds in its data, and without one its own; null where there is none. */
export const readKey = (
  event: Pick<StreamEvent, 'key'>,
  { cloudEvent, data }: { readonly cloudEvent: Attributes | undefined; readonly data: unknown },
  keyOf: ReadPath | undefined,
): Uint8Array | null => {
  if (keyOf) return keyOfJson(keyOf(data));
  return cloudEvent?.partitionkey === undefined ? event.key : encoder.encode(cloudEvent.partitionkey);
};

/** What is wrong with an event that has none where one is needed. */
export const noKey: Problem = {
  code: 'BAD_EVENT',
  message: 'The event has no key where the deployment looks for it',
  field: 'key',
  expected: 'a text, a number, or {"base64": "…"} for a key that is no text',
};

/** The problem of an event that is larger than a deployment takes. */
export const tooLarge = ({ value }: Pick<StreamEvent, 'value'>, largestBytes: number): Problem | undefined => {
  const size = value?.length ?? 0;
  if (size <= largestBytes) return undefined;
  return {
    code: 'TOO_LARGE',
    message: `The event has ${size} bytes`,
    expected: `at most ${largestBytes} bytes`,
    got: `${size} bytes`,
  };
};
