/** An event as JSON: bytes as what they hold. */
import type { StreamEvent } from '../brokers/broker.ts';
import { toldJson } from '../text/exact-json.ts';
import { parseJson } from '../text/json.ts';
import { utf8Text } from '../text/utf8.ts';
import { keyJson } from './key.ts';

/** Bytes as text where they are text, and else in base64. */
export const textOrBytes = (bytes: Uint8Array): string | { readonly base64: string } =>
  utf8Text(bytes) ?? { base64: Buffer.from(bytes).toString('base64') };

/** Bytes as JSON where they are JSON, as text where they are text, and else in base64. */
export const contentOf = (bytes: Uint8Array | null): unknown => {
  const text = bytes && textOrBytes(bytes);
  if (typeof text !== 'string') return text;
  try {
    return parseJson(text);
  } catch {
    return text;
  }
};

/** One line. */
export const eventJson = ({ topic, partition, offset, at, key, value, headers }: StreamEvent): string =>
  toldJson({
    topic,
    partition,
    offset,
    at: new Date(at).toISOString(),
    key: key && keyJson(key),
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map(([name, data]) => [name, textOrBytes(data)])),
    }),
    value: contentOf(value),
  });
