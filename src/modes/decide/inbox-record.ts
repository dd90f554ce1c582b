/** What stands in the inbox of a deployment: all that happens to a key, in one partition, in one order. */
import type { StreamEvent } from '../../brokers/broker.ts';
import { exactJson } from '../../text/exact-json.ts';
import { parseJson } from '../../text/json.ts';
import { utf8Text } from '../../text/utf8.ts';

/** A part has come. */
export interface PartCame {
  readonly part: string;
  /** What its event called itself, or where it stood. */
  readonly id: string;
  readonly data: unknown;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** Nobody waits any longer for the rest of what the event of this id began. */
export interface Close {
  readonly close: string;
}

export type InboxRecord = PartCame | Close;

export const isClose = (record: InboxRecord): record is Close => 'close' in record;

const encoder = new TextEncoder();

export const writeRecord = (topic: string, key: Uint8Array, record: InboxRecord) => ({
  topic,
  key,
  value: encoder.encode(exactJson(record)),
});

/** The key and record of an event of the inbox; only this deployment writes there. */
export const readRecord = ({
  key,
  value,
}: StreamEvent): { readonly key: Uint8Array; readonly record: InboxRecord } => ({
  key: key ?? new Uint8Array(),
  record: parseJson((value && utf8Text(value)) ?? '') as InboxRecord,
});
