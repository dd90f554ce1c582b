import type { Manifest } from '../../src/core/types.ts';
import { digestOf } from '../../src/store/blobs.ts';

export interface Packed {
  readonly manifest: Manifest;
  readonly digest: string;
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A package in the shape in which a registry gets it: an OCI manifest that names a model. `salt` makes another one. */
export const packed = (name: string, version: string, salt = '', layers: readonly Uint8Array[] = []): Packed => {
  const held = [bytesOf(`model ${name} ${version} ${salt}`), ...layers];
  const digests = held.map(digestOf);
  const oci = bytesOf(JSON.stringify({ schemaVersion: 2, layers: digests }));
  return {
    manifest: {
      name,
      version,
      runtime: 'onnx',
      description: `Sähkö "${salt}"`,
      inputs: { distance: { kind: 'number', unit: 'mile', min: 0 } },
      outputs: { minutes: { kind: 'number' } },
    },
    digest: digestOf(oci),
    blobs: new Map([[digestOf(oci), oci], ...held.map((bytes, i) => [digests[i] ?? '', bytes] as const)]),
  };
};
