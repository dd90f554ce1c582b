/** Bytes that lie in files, read piece by piece, so that they are never whole in memory. */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { fail } from '../core/errors.ts';
import { type FilePart, WEIGHTS_FILE, type Weights } from '../core/weights.ts';
import { damaged } from './suspicion.ts';

/** Read at a time. */
const PIECE_BYTES = 4 * 2 ** 20;

/** A piece is overwritten when the next one is asked for. @throws DAMAGED_PACKAGE where a file has become shorter */
export async function* readParts(parts: readonly (FilePart | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(PIECE_BYTES);
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      yield part;
      continue;
    }
    const { path, offset, length } = part;
    const handle = path === undefined ? undefined : await open(path);
    try {
      for (let at = 0; at < length; ) {
        const piece = buffer.subarray(0, Math.min(PIECE_BYTES, length - at));
        if (handle === undefined) piece.fill(0);
        const { bytesRead } = (await handle?.read(piece, 0, piece.length, offset + at)) ?? { bytesRead: piece.length };
        if (bytesRead === 0) {
          throw fail('DAMAGED_PACKAGE', `${path} became shorter while it was read.`, {
            expected: `${offset + length} bytes`,
            got: `${offset + at} bytes`,
          });
        }
        at += bytesRead;
        yield piece.subarray(0, bytesRead);
      }
    } finally {
      await handle?.close();
    }
  }
}

export const digestOfParts = async (parts: readonly (FilePart | Uint8Array)[]): Promise<string> => {
  const hash = createHash('sha256');
  for await (const piece of readParts(parts)) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
};

/** What the parts are together. */
export const weightsOf = async (parts: readonly FilePart[]): Promise<Weights> => {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  return { digest: await digestOfParts(parts), size, parts };
};

/** The weights that a layer of a package names, in the parts where they are said to lie. @throws DAMAGED_PACKAGE */
export const verifiedWeights = async (
  { digest, size }: { readonly digest: string; readonly size: number },
  parts: readonly FilePart[],
): Promise<Weights> => {
  const there = parts.reduce((sum, { length }) => sum + length, 0);
  if (there !== size) throw damaged(WEIGHTS_FILE, `${size} bytes`, `${there} bytes`);
  const found = await weightsOf(parts);
  if (found.digest !== digest) throw damaged(WEIGHTS_FILE, digest, found.digest);
  return found;
};

/** What a registry keeps of a package beside its blobs. */
export const largeBlobsOf = (weights: Weights | undefined) =>
  weights ? [{ digest: weights.digest, size: weights.size, read: () => readParts(weights.parts) }] : [];
