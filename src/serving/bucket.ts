/**
 * Which units a version gets. A unit (a customer, a device, a session) falls into one of 10,000 buckets by its name and the
 * salt of a rollout, the same on every machine and for ever; a version has the buckets of a range that only grows.
 */
import { hash } from 'node:crypto';

export const BUCKETS = 10_000;

/** From 0 to 9,999: the first 8 bytes of SHA-256 of `salt.unit`, big endian, modulo 10,000. */
export const bucketOf = (salt: string, unit: string): number =>
  Number(hash('sha256', `${salt}.${unit}`, 'buffer').readBigUInt64BE(0) % BigInt(BUCKETS));
