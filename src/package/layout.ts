/**
 * A package as an OCI image layout with the media types of the CNCF ModelPack specification, and back. Every file is
 * found by its SHA-256, and the digest of the manifest, which lists them all, is the digest of the package. Web-standard.
 * Sources: OCI image-spec 1.1 (image-layout, manifest); ModelPack model-spec (spec, config, annotations).
 */
import { fail } from '../core/errors.ts';
import type { Example, Manifest } from '../core/types.ts';

export const mediaTypes = {
  artifact: 'application/vnd.cncf.model.manifest.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.cncf.model.config.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

/** Files of a package, in this order, and the media type of each. */
export const fileTypes: Readonly<Record<string, string>> = {
  'model.json': 'application/vnd.cncf.model.weight.config.v1.raw',
  'model.onnx': 'application/vnd.cncf.model.weight.v1.raw',
  'transform.js': 'application/vnd.cncf.model.code.v1.raw',
  'examples.json': 'application/vnd.cncf.model.dataset.v1.raw',
  'profile.json': 'application/vnd.cncf.model.dataset.v1.raw',
};

const FILE_PATH = 'org.cncf.model.filepath';
const REF_NAME = 'org.opencontainers.image.ref.name';

/** A package, verified: every file is what its digest says. */
export interface Package {
  readonly digest: string;
  readonly manifest: Manifest;
  /** By name: model.json, model.onnx, and where present transform.js, examples.json, profile.json. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Digest of each file. */
  readonly digests: ReadonlyMap<string, string>;
  readonly examples: readonly Example[];
  /** All blobs by digest, the OCI manifest and config included: what a registry keeps. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** `sha256:` and the digest of some bytes in lower-case hexadecimal (WebCrypto). */
export const sha256 = async (bytes: Uint8Array): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>);
  return `sha256:${Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
};

export const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

const indexOf = (digest: string, size: number, manifest: Manifest) => ({
  schemaVersion: 2,
  mediaType: mediaTypes.index,
  manifests: [
    {
      mediaType: mediaTypes.manifest,
      digest,
      size,
      artifactType: mediaTypes.artifact,
      annotations: { [REF_NAME]: `${manifest.name}:${manifest.version}` },
    },
  ],
});

/** What ModelPack wants said of a model. No time and no machine, so that the digest depends on the content alone. */
const configOf = (manifest: Manifest, diffIds: readonly string[]) => ({
  descriptor: {
    name: manifest.name,
    version: manifest.version,
    ...(manifest.description === undefined ? {} : { description: manifest.description }),
    ...(manifest.license === undefined ? {} : { licenses: [manifest.license] }),
    ...(manifest.provenance?.commit === undefined ? {} : { revision: manifest.provenance.commit }),
  },
  modelfs: { type: 'layers', diffIds },
  config: { format: manifest.runtime },
});

/** Puts files together as a package. `files` must hold `model.json` and the model. */
export const makePackage = async (files: ReadonlyMap<string, Uint8Array>): Promise<Package> => {
  const blobs = new Map<string, Uint8Array>();
  const keep = async (
    bytes: Uint8Array,
    mediaType: string,
    annotations?: Record<string, string>,
  ): Promise<Descriptor> => {
    const digest = await sha256(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length, ...(annotations ? { annotations } : {}) };
  };
  const manifest = readManifest(files);
  const layers: Descriptor[] = [];
  for (const [name, mediaType] of Object.entries(fileTypes)) {
    const bytes = files.get(name);
    if (bytes) layers.push(await keep(bytes, mediaType, { [FILE_PATH]: name }));
  }
  const diffIds = layers.map(({ digest }) => digest);
  const config = await keep(encodeJson(configOf(manifest, diffIds)), mediaTypes.config);
  const image = { schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType: mediaTypes.artifact, config, layers };
  const { digest } = await keep(encodeJson(image), mediaTypes.manifest);
  return openBlobs(digest, blobs);
};

const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** The layout's files by path, blobs in order of their digest: what goes into the tar. */
export const toLayout = ({ digest, manifest, blobs }: Package): ReadonlyMap<string, Uint8Array> => {
  const size = blobs.get(digest)?.length ?? 0;
  const layout = new Map<string, Uint8Array>([
    ['oci-layout', encodeJson({ imageLayoutVersion: '1.0.0' })],
    ['index.json', encodeJson(indexOf(digest, size, manifest))],
  ]);
  for (const key of [...blobs.keys()].sort()) layout.set(blobPath(key), blobs.get(key) as Uint8Array);
  return layout;
};

const damaged = (file: string, expected: string, got: string, cause?: unknown) =>
  fail(
    'DAMAGED_PACKAGE',
    `${file} of this package is damaged: expected ${expected}, got ${got}. Pack it again, or fetch it again.`,
    {
      field: file,
      expected,
      got,
      cause,
    },
  );

const readJson = (file: string, bytes: Uint8Array | undefined): Record<string, unknown> => {
  if (bytes === undefined) throw damaged(file, 'a file', 'nothing');
  try {
    const value: unknown = JSON.parse(decoder.decode(bytes));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch (cause) {
    throw damaged(file, 'JSON', 'something else', cause);
  }
  throw damaged(file, 'a JSON object', 'another value');
};

const readManifest = (files: ReadonlyMap<string, Uint8Array>): Manifest =>
  readJson('model.json', files.get('model.json')) as unknown as Manifest;

/** One blob, checked against the descriptor that names it. */
const verified = async (
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

const descriptorOf = (value: unknown, file: string): Descriptor => {
  const descriptor = value as Partial<Descriptor> | null;
  if (typeof descriptor?.digest === 'string' && typeof descriptor.size === 'number') return descriptor as Descriptor;
  throw damaged(file, 'an OCI descriptor', 'something else');
};

/** Opens a package from its blobs. Throws DAMAGED_PACKAGE, naming the file, when any of them is not what it should be. */
export const openBlobs = async (digest: string, blobs: ReadonlyMap<string, Uint8Array>): Promise<Package> => {
  const image = readJson('the OCI manifest', await verified(blobs, 'the OCI manifest', digest));
  const kept = new Map<string, Uint8Array>([[digest, blobs.get(digest) as Uint8Array]]);
  const files = new Map<string, Uint8Array>();
  const digests = new Map<string, string>();
  if (image.artifactType !== mediaTypes.artifact || !Array.isArray(image.layers)) {
    throw damaged('the OCI manifest', `an artifact of type ${mediaTypes.artifact}`, String(image.artifactType));
  }
  const config = descriptorOf(image.config, 'the OCI manifest');
  kept.set(config.digest, await verified(blobs, 'the model config', config.digest, config.size));
  for (const layer of image.layers) {
    const descriptor = descriptorOf(layer, 'the OCI manifest');
    const name = descriptor.annotations?.[FILE_PATH] ?? descriptor.digest;
    const bytes = await verified(blobs, name, descriptor.digest, descriptor.size);
    kept.set(descriptor.digest, bytes);
    files.set(name, bytes);
    digests.set(name, descriptor.digest);
  }
  const examples = files.get('examples.json');
  const manifest = readManifest(files);
  if (files.get('model.onnx') === undefined) throw damaged('model.onnx', 'a model file', 'nothing');
  return {
    digest,
    manifest,
    files,
    digests,
    examples: examples ? (readJson('examples.json', examples) as unknown as readonly Example[]) : [],
    blobs: kept,
  };
};

/** Opens a package from the files of its layout. */
export const openLayout = async (files: ReadonlyMap<string, Uint8Array>): Promise<Package> => {
  if (readJson('oci-layout', files.get('oci-layout')).imageLayoutVersion !== '1.0.0')
    throw damaged('oci-layout', 'version 1.0.0', 'another');
  const index = readJson('index.json', files.get('index.json'));
  const entry =
    Array.isArray(index.manifests) && index.manifests.length === 1
      ? descriptorOf(index.manifests[0], 'index.json')
      : undefined;
  if (entry === undefined) throw damaged('index.json', 'exactly one manifest', 'another number');
  const blobs = new Map<string, Uint8Array>();
  for (const [path, bytes] of files) {
    const match = /^blobs\/(sha256)\/([0-9a-f]{64})$/.exec(path);
    if (match) blobs.set(`${match[1]}:${match[2]}`, bytes);
    else if (path !== 'oci-layout' && path !== 'index.json')
      throw damaged(path, 'a file of an OCI image layout', 'another');
  }
  const opened = await openBlobs(entry.digest, blobs);
  const stray = [...blobs.keys()].find((digest) => !opened.blobs.has(digest));
  if (stray) throw damaged(blobPath(stray), 'only blobs that the manifest names', 'one that it does not');
  const expected = JSON.stringify(indexOf(opened.digest, entry.size, opened.manifest));
  const size = opened.blobs.get(opened.digest)?.length;
  if (JSON.stringify(index) !== expected || entry.size !== size)
    throw damaged('index.json', expected, 'something else');
  return opened;
};
