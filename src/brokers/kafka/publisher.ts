import type { MessageToProduce } from '@platformatic/kafka';
import type { NewEvent } from '../broker.ts';
import { createPartitioner } from '../partitioner.ts';
import { writeHeaderName } from './header-name.ts';

export type Message = MessageToProduce<Buffer, Buffer, Buffer, Buffer>;

/** A broker takes at most so many bytes of one partition at once (1 MiB by default), whatever the number of events. */
const MOST_BYTES = 512 * 1024;

const buffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const sizeOf = ({ key, value, headers = [] }: NewEvent): number =>
  headers.reduce(
    (sum, [name, data]) => sum + name.length + data.length,
    (key?.length ?? 0) + (value?.length ?? 0) + 32,
  );

/** Turns events into the client's messages, in portions that a broker takes. */
export const createEncoder = () => {
  const partitionOf = createPartitioner();
  const most = 2 ** 31;
  const encode = ({ topic, key = null, value, headers, at }: NewEvent): Message =>
    // A partition is given modulo their number, which the client knows. The client's types know no null.
    ({
      topic,
      partition: partitionOf(key, most),
      key: key === null ? null : buffer(key),
      value: value === null ? null : buffer(value),
      ...(headers &&
        headers.length > 0 && {
          headers: new Map(headers.map(([name, data]) => [writeHeaderName(name), buffer(data)])),
        }),
      ...(at !== undefined && { timestamp: BigInt(Math.round(at)) }),
    }) as Message;

  return (events: readonly NewEvent[]): readonly Message[][] => {
    const portions: Message[][] = [];
    let bytes = Number.POSITIVE_INFINITY;
    for (const event of events) {
      const size = sizeOf(event);
      if (bytes + size > MOST_BYTES) {
        portions.push([]);
        bytes = 0;
      }
      portions.at(-1)?.push(encode(event));
      bytes += size;
    }
    return portions;
  };
};
