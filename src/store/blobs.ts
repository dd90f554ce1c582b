import { createHash } from 'node:crypto';
import { fail, show } from '../core/errors.ts';

/** Bytes that come piece by piece; a piece is done with when the next one is asked for. */
export interface LargeBlob {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  read(): AsyncIterable<Uint8Array>;
}

export interface BlobFile {
  /** Absolute. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * A store of immutable files named by what they hold (`sha256:` and 64 hexadecimal digits). One contract suite,
 * `test/contracts/blobs.ts`, is run by every driver.
 */
export interface Blobs {
  /**
   * Keeps `bytes` under `digest`; when it resolves they survive a crash. Again is no change, and mends a damaged one.
   *
   * @throws MillraceError DAMAGED_PACKAGE when the bytes have another digest.
   */
  put(digest: string, bytes: Uint8Array): Promise<void>;
  /** @throws MillraceError DAMAGED_PACKAGE, naming the blob, when it is absent or no longer what its digest says. */
  get(digest: string): Promise<Uint8Array>;
  /** As `put`, of bytes that are never whole in memory; `read` gives them from the start each time. */
  putLarge(blob: LargeBlob): Promise<void>;
  /** A file of this machine that holds the bytes, checked as by `get`; nobody writes to it. @throws MillraceError as `get` */
  file(digest: string): Promise<BlobFile>;
  /** Whether it is there; `get` tells whether it is whole. */
  has(digest: string): Promise<boolean>;
  /** Every digest, sorted. */
  list(): Promise<readonly string[]>;
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const pattern = /^sha256:[0-9a-f]{64}$/;

/** The digest, if it is one: what else a caller hands in never becomes part of a path. */
export const checkDigest = (digest: string): string => {
  if (pattern.test(digest)) return digest;
  throw fail('DAMAGED_PACKAGE', `${show(digest)} is not a digest`, {
    expected: 'sha256: and 64 hexadecimal digits',
    got: show(digest),
  });
};

/** The digest of bytes that come piece by piece; `each` is told of every piece. */
export const digestOfPieces = async (
  pieces: AsyncIterable<Uint8Array>,
  each: (piece: Uint8Array) => Promise<void> = async () => {},
): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of pieces) {
    hash.update(piece);
    await each(piece);
  }
  return `sha256:${hash.digest('hex')}`;
};

/** @throws MillraceError DAMAGED_PACKAGE when what was found is another digest */
export const checkDigests = (digest: string, got: string, where: string): void => {
  if (got === checkDigest(digest)) return;
  throw fail('DAMAGED_PACKAGE', `The blob ${digest} in ${where} is damaged: its bytes have the digest ${got}`, {
    expected: digest,
    got,
  });
};

/** The bytes, if they are what their digest says. */
export const checkBytes = (digest: string, bytes: Uint8Array, where: string): Uint8Array => {
  checkDigests(digest, digestOf(bytes), where);
  return bytes;
};

export const missing = (digest: string, where: string) =>
  fail('DAMAGED_PACKAGE', `The blob ${digest} is missing from ${where}; register the package again to restore it`, {
    expected: digest,
    got: 'nothing',
  });
