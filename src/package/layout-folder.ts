/** An OCI image layout as a folder, as other tools write it: what a package may need of it, and no blob of others. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { verifiedWeights } from './file-parts.ts';
import type { FindWeights } from './layout.ts';
import { blobPath, weightsIn } from './layout.ts';
import { mediaTypes } from './oci.ts';

const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Digests anywhere in a value of JSON: of descriptors, wherever they stand. */
function* digestsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  const { digest } = value as { readonly digest?: unknown };
  if (typeof digest === 'string' && digestPattern.test(digest)) yield digest;
  for (const inner of Object.values(value)) yield* digestsIn(inner);
}

const parsed = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};

/** Manifests are JSON of a few kilobytes; what is larger is no manifest of a package. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** The files of a layout by path: its own, the manifests, and the blobs of those that are models, but for weights that lie in a file of their own. Checks nothing. */
export const readLayoutFolder = async (folder: string): Promise<ReadonlyMap<string, Uint8Array>> => {
  const files = new Map<string, Uint8Array>();
  const take = async (path: string): Promise<Uint8Array | undefined> => {
    const bytes = files.get(path) ?? (await readFile(join(folder, path)).catch(() => undefined));
    if (bytes !== undefined) files.set(path, bytes);
    return bytes;
  };
  const blob = (digest: string) => take(`blobs/${digest.replace(':', '/')}`);
  await take('oci-layout');
  const index = await take('index.json');
  for (const digest of digestsIn(index && parsed(index))) {
    const bytes = await blob(digest);
    const manifest = bytes && bytes.length <= MAX_MANIFEST_BYTES ? parsed(bytes) : undefined;
    const { artifactType } = Object(manifest) as { readonly artifactType?: unknown };
    if (artifactType !== mediaTypes.artifact && artifactType !== mediaTypes.envelope) continue;
    const weights = bytes && weightsIn(bytes)?.digest;
    for (const inner of digestsIn(manifest)) if (inner !== weights) await blob(inner);
  }
  return files;
};

/** Finds weights among the blobs of such a folder. */
export const weightsInFolder =
  (folder: string): FindWeights =>
  async (layer) => {
    const path = join(folder, blobPath(layer.digest));
    const length = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    return verifiedWeights(layer, [{ path, offset: 0, length }]);
  };
