/** What is OCI's in a package: media types, descriptors, and blobs that are found by their SHA-256. */
import { damaged } from './suspicion.ts';

export const mediaTypes = {
  artifact: 'application/vnd.cncf.model.manifest.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.cncf.model.config.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  /** Of signatures (DSSE). */
  envelope: 'application/vnd.dsse.envelope.v1+json',
} as const;

/** The name of a tag (OCI image-spec, annotations). */
export const REF_NAME = 'org.opencontainers.image.ref.name';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** `sha256:` and the digest of some bytes in lower-case hexadecimal (WebCrypto). */
export const sha256 = async (bytes: Uint8Array): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return `sha256:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
};

/** Whether it stands in `index.json` as a signature. */
export const isSignature = ({ artifactType }: Descriptor): boolean => artifactType === mediaTypes.envelope;

/** One blob, checked against the descriptor that names it. */
export const verified = async (
  blobs: ReadonlyMap<string, Uint8Array>,
  file: string,
  digest: string,
  size?: number,
): Promise<Uint8Array> => {
  const bytes = blobs.get(digest);
  if (bytes === undefined) throw damaged(file, `a blob ${digest}`, 'nothing');
  if (size !== undefined && bytes.length !== size) throw damaged(file, `${size} bytes`, `${bytes.length} bytes`);
  const actual = await sha256(bytes);
  if (actual !== digest) throw damaged(file, digest, actual);
  return bytes;
};

export const descriptorOf = (value: unknown, file: string): Descriptor => {
  const descriptor = value as Partial<Descriptor> | null;
  if (typeof descriptor?.digest === 'string' && typeof descriptor.size === 'number') return descriptor as Descriptor;
  throw damaged(file, 'an OCI descriptor', 'something else');
};
