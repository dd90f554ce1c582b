/**
 * Signatures in an OCI image layout: each is an artifact of its own that refers to the package by `subject` (OCI image-spec 1.1,
 * referrers), so that the digest of the package is the same with them and without. Web-standard.
 */
import { type Descriptor, isSignature, mediaTypes, sha256, verified } from './oci.ts';
import { damaged, readObject } from './suspicion.ts';

const EMPTY = 'application/vnd.oci.empty.v1+json';
/** The empty config (OCI image-spec 1.1, guidance for an empty descriptor). */
const NOTHING = new TextEncoder().encode('{}');
const MOST_SIGNATURES = 16;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Blobs to put beside those of a package, and what of `index.json` tells of them. */
export interface SignatureArtifacts {
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  readonly manifests: readonly Descriptor[];
}

const descriptor = async (bytes: Uint8Array, mediaType: string): Promise<Descriptor> => ({
  mediaType,
  digest: await sha256(bytes),
  size: bytes.length,
});

/** Envelopes as artifacts that refer to a package's OCI manifest. */
export const signatureArtifacts = async (
  subject: Pick<Descriptor, 'digest' | 'size'>,
  envelopes: readonly string[],
): Promise<SignatureArtifacts> => {
  const blobs = new Map<string, Uint8Array>();
  const manifests: Descriptor[] = [];
  const keep = async (bytes: Uint8Array, mediaType: string): Promise<Descriptor> => {
    const own = await descriptor(bytes, mediaType);
    blobs.set(own.digest, bytes);
    return own;
  };
  for (const envelope of envelopes) {
    const image = {
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: mediaTypes.envelope,
      config: await keep(NOTHING, EMPTY),
      layers: [await keep(encoder.encode(envelope), mediaTypes.envelope)],
      subject: { mediaType: mediaTypes.manifest, digest: subject.digest, size: subject.size },
    };
    const own = await keep(encoder.encode(JSON.stringify(image)), mediaTypes.manifest);
    manifests.push({ ...own, artifactType: mediaTypes.envelope });
  }
  return { blobs, manifests };
};

/**
 * Envelopes that refer to a package. What they say is for whoever trusts somebody.
 *
 * @throws DAMAGED_PACKAGE where anything of one is not what its digest says, and for more than anybody needs
 */
export const signaturesOf = async (
  digest: string,
  manifests: readonly Descriptor[],
  blobs: ReadonlyMap<string, Uint8Array>,
): Promise<readonly string[]> => {
  const envelopes: string[] = [];
  const own = manifests.filter(isSignature);
  if (own.length > MOST_SIGNATURES)
    throw damaged('index.json', `at most ${MOST_SIGNATURES} signatures`, String(own.length));
  for (const one of own) {
    const image = readObject('a signature', await verified(blobs, 'a signature', one.digest, one.size));
    if ((image.subject as Partial<Descriptor> | undefined)?.digest !== digest) continue;
    const [layer] = Array.isArray(image.layers) ? (image.layers as readonly Partial<Descriptor>[]) : [];
    if (typeof layer?.digest !== 'string') throw damaged('a signature', 'an envelope', 'nothing');
    envelopes.push(decoder.decode(await verified(blobs, 'the envelope of a signature', layer.digest, layer.size)));
  }
  return envelopes;
};
