import { IS_CONTROL, IS_TRANSACTIONAL, type RecordsBatch } from '@platformatic/kafka';
import type { StreamEvent } from '../broker.ts';
import type { FetchedPartition } from './fetch-request.ts';
import { readHeaderName } from './header-name.ts';

/** A control record's key: its version, and then 0 for an abort or 1 for a commit, both as 16-bit integers. */
const isAbort = ({ records }: RecordsBatch): boolean => records[0]?.key?.readInt16BE(2) === 0;

/**
 * The batches that a reader of committed events may see (KIP-98): those of an aborted transaction are dropped, from its
 * first offset to its mark, whether or not the mark lies in the same answer. A mark may also stand alone, when a
 * transaction was aborted before it had written here.
 */
const committed = ({ records, abortedTransactions }: FetchedPartition): readonly RecordsBatch[] => {
  const coming = (abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  const aborted = new Set<bigint>();
  return (records ?? []).filter((batch) => {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta);
    while (coming[0] && coming[0].firstOffset <= last) aborted.add(coming.shift()?.producerId ?? -1n);
    if (batch.attributes & IS_CONTROL) {
      if (isAbort(batch)) aborted.delete(batch.producerId);
      return false;
    }
    return !(batch.attributes & IS_TRANSACTIONAL && aborted.has(batch.producerId));
  });
};

export interface Fetched {
  readonly events: readonly StreamEvent[];
  /** Where reading goes on: after marks and aborted events too. */
  readonly next: number;
  /** The end of what a reader of committed events can reach. */
  readonly end: number;
}

/** Reads one partition of an answer. Kafka sends whole batches, so those before `from` are dropped here. */
export const readPartition = (topic: string, partition: FetchedPartition, from: number): Fetched => {
  const events: StreamEvent[] = [];
  for (const batch of committed(partition)) {
    const first = Number(batch.firstOffset);
    const time = Number(batch.firstTimestamp);
    for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
      const offset = first + offsetDelta;
      if (offset < from) continue;
      events.push({
        topic,
        partition: partition.partitionIndex,
        offset,
        at: time + Number(timestampDelta),
        key,
        value,
        headers: headers.map(([name, data]) => [name ? readHeaderName(name) : '', data ?? Buffer.alloc(0)]),
      });
    }
  }
  const last = partition.records?.at(-1);
  const next = last ? Math.max(from, Number(last.firstOffset) + last.lastOffsetDelta + 1) : from;
  return { events, next, end: Number(partition.lastStableOffset) };
};
