const MULTIPLIER = 0x5bd1e995;

/**
 * MurmurHash2 of 32 bits (Austin Appleby, public domain) with the seed of Kafka's own clients, so that a key lies in
 * the same partition whoever wrote it.
 *
 * @returns a signed 32-bit integer.
 */
export const murmur2 = (data: Uint8Array): number => {
  const { length } = data;
  let hash = 0x9747b28c ^ length;
  const end = length - (length % 4);
  for (let i = 0; i < end; i += 4) {
    let word = data[i] | (data[i + 1] << 8) | (data[i + 2] << 16) | (data[i + 3] << 24);
    word = Math.imul(word, MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (length > end) {
    for (let i = length - 1; i >= end; i--) hash ^= data[i] << (8 * (i - end));
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
};

/** Gives each event its partition: by key, or in turn where there is none. */
export const createPartitioner = () => {
  let turn = 0;
  return (key: Uint8Array | null | undefined, partitions: number): number => {
    if (key) return (murmur2(key) & 0x7fffffff) % partitions;
    turn = (turn + 1) % 0x7fffffff;
    return turn % partitions;
  };
};
