import { utf8Text } from '../../text/utf8.ts';
import type { Headers, StreamEvent } from '../broker.ts';

const encoder = new TextEncoder();

/** Many events share one list of headers, which never changes. */
const written = new WeakMap<Headers, Uint8Array>();

/** Headers as JSON, each value in base64 so that any bytes come back as they were; null when there are none. */
export const writeHeaders = (headers: Headers | undefined): Uint8Array | null => {
  if (headers === undefined || headers.length === 0) return null;
  let bytes = written.get(headers);
  if (bytes === undefined) {
    bytes = encoder.encode(
      JSON.stringify(headers.map(([name, value]) => [name, Buffer.from(value).toString('base64')])),
    );
    written.set(headers, bytes);
  }
  return bytes;
};

export const readHeaders = (bytes: Uint8Array | null): Headers =>
  bytes === null
    ? []
    : (JSON.parse(utf8Text(bytes) ?? '') as readonly (readonly [string, string])[]).map(([name, value]) => [
        name,
        Buffer.from(value, 'base64'),
      ]);

/** `events` as SQLite gives them. */
export interface EventRow {
  readonly offset: number;
  readonly at: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Uint8Array | null;
}

export const toEvent = (topic: string, partition: number, row: EventRow): StreamEvent => ({
  topic,
  partition,
  offset: row.offset,
  at: row.at,
  key: row.key,
  value: row.value,
  headers: readHeaders(row.headers),
});
