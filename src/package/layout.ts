/**
 * A package as an OCI image layout with the media types of the CNCF ModelPack specification, and back. Every file is
 * found by its SHA-256, and the digest of the manifest, which lists them all, is the digest of the package. Web-standard.
 * Sources: OCI image-spec 1.1 (image-layout, manifest); ModelPack model-spec (spec, config, annotations).
 */
import { fail, show } from '../core/errors.ts';
import { onDemand } from '../core/on-demand.ts';
import type { Example, Manifest } from '../core/types.ts';
import { WEIGHTS_FILE, type Weights } from '../core/weights.ts';
import { runtimes } from '../runtimes/index.ts';
import { exactJson } from '../text/exact-json.ts';
import type { SignatureArtifacts } from './layout-signatures.ts';
import { examplesSchema } from './manifest-schema.ts';
import { type Descriptor, descriptorOf, isSignature, mediaTypes, REF_NAME, sha256, verified } from './oci.ts';
import { readManifest } from './read-manifest.ts';
import { damaged, EXAMPLES, fitting, foreign, jsonOf, readObject } from './suspicion.ts';

/** Files of a package, in this order, and the media type of each. */
export const fileTypes: Readonly<Record<string, string>> = {
  'model.json': 'application/vnd.cncf.model.weight.config.v1.raw',
  ...Object.fromEntries(Object.values(runtimes).map(({ file }) => [file, 'application/vnd.cncf.model.weight.v1.raw'])),
  [WEIGHTS_FILE]: 'application/vnd.cncf.model.weight.v1.raw',
  'transform.js': 'application/vnd.cncf.model.code.v1.raw',
  [EXAMPLES]: 'application/vnd.cncf.model.dataset.v1.raw',
  'profile.json': 'application/vnd.cncf.model.dataset.v1.raw',
};

/** Few layouts have several manifests. */
const layoutIndex = onDemand(() => import('./layout-index.ts'));
/** And few have signatures. */
const layoutSignatures = onDemand(() => import('./layout-signatures.ts'));

const FILE_PATH = 'org.cncf.model.filepath';
/** The name under which other tools write a layer as a file (OCI image-spec, annotations). */
const TITLE = 'org.opencontainers.image.title';
const LAYOUT_VERSION = '1.0.0';
/** As it is called where something is wrong with it; no file of a package has such a name. */
const CONFIG = 'the model config';

/** A package, verified: every file is what its digest says. */
export interface Package {
  readonly digest: string;
  readonly manifest: Manifest;
  /** By name: model.json, the model as its runtime calls it (model.onnx), and where present transform.js, examples.json, profile.json. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Digest of each file. */
  readonly digests: ReadonlyMap<string, string>;
  readonly examples: readonly Example[];
  /** All blobs by digest, the OCI manifest and config included: what a registry keeps. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
  /** Those that lie in a file of their own (model.onnx.data), which is neither among the files nor the blobs. */
  readonly weights?: Weights;
  /** DSSE envelopes that came with it, as text; none unless given. Nobody has checked them. */
  readonly signatures?: readonly string[];
}

/** Finds weights that lie in a file of their own, verified. */
export type FindWeights = (layer: Descriptor) => Promise<Weights>;

const encoder = new TextEncoder();

/** Every number comes back from it as it is. */
export const encodeJson = (value: unknown): Uint8Array => encoder.encode(exactJson(value));

const indexOf = (digest: string, size: number, manifest: Manifest, signatures: readonly Descriptor[] = []) => ({
  schemaVersion: 2,
  mediaType: mediaTypes.index,
  manifests: [
    {
      mediaType: mediaTypes.manifest,
      digest,
      size,
      artifactType: mediaTypes.artifact,
      annotations: { [REF_NAME]: manifest.version },
    },
    ...signatures,
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
export const makePackage = async (files: ReadonlyMap<string, Uint8Array>, weights?: Weights): Promise<Package> => {
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
  const manifest = await readManifest(files.get('model.json') ?? new Uint8Array());
  const layers: Descriptor[] = [];
  for (const [name, mediaType] of Object.entries(fileTypes)) {
    const bytes = files.get(name);
    const annotations = { [FILE_PATH]: name, [TITLE]: name };
    if (bytes) layers.push(await keep(bytes, mediaType, annotations));
    else if (weights && name === WEIGHTS_FILE)
      layers.push({ mediaType, digest: weights.digest, size: weights.size, annotations });
  }
  const diffIds = layers.map(({ digest }) => digest);
  const config = await keep(encodeJson(configOf(manifest, diffIds)), mediaTypes.config);
  const image = { schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType: mediaTypes.artifact, config, layers };
  const { digest } = await keep(encodeJson(image), mediaTypes.manifest);
  return openBlobs(digest, blobs, weights && (async () => weights));
};

export const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

/** The layout's files by path, blobs in order of their digest: what goes into the tar, but for weights that lie in a file of their own. */
export const toLayout = (found: Package, signed?: SignatureArtifacts): ReadonlyMap<string, Uint8Array> => {
  const { digest, manifest } = found;
  const blobs = signed === undefined ? found.blobs : new Map([...found.blobs, ...signed.blobs]);
  const size = blobs.get(digest)?.length ?? 0;
  const layout = new Map<string, Uint8Array>([
    ['oci-layout', encodeJson({ imageLayoutVersion: LAYOUT_VERSION })],
    ['index.json', encodeJson(indexOf(digest, size, manifest, signed?.manifests))],
  ]);
  for (const key of [...blobs.keys()].sort()) layout.set(blobPath(key), blobs.get(key) as Uint8Array);
  return layout;
};

/** The same with the signatures that the package has. */
export const toSignedLayout = async (found: Package): Promise<ReadonlyMap<string, Uint8Array>> => {
  const { digest, blobs, signatures = [] } = found;
  const size = blobs.get(digest)?.length ?? 0;
  if (signatures.length === 0) return toLayout(found);
  const { signatureArtifacts } = await layoutSignatures();
  return toLayout(found, await signatureArtifacts({ digest, size }, signatures));
};

const nameOf = ({ annotations, digest }: Descriptor): string =>
  annotations?.[FILE_PATH] ?? annotations?.[TITLE] ?? digest;

const weightsLayer = (layers: readonly unknown[]): Descriptor | undefined =>
  layers.map((layer) => descriptorOf(layer, 'the OCI manifest')).find((layer) => nameOf(layer) === WEIGHTS_FILE);

/** The layer of weights that lie in a file of their own, where the bytes are an OCI manifest that has one. Checks nothing. */
export const weightsIn = (bytes: Uint8Array): Descriptor | undefined => {
  try {
    return weightsLayer(
      (JSON.parse(new TextDecoder().decode(bytes)) as { readonly layers: readonly unknown[] }).layers,
    );
  } catch {
    return undefined;
  }
};

const readLayers = (layers: readonly unknown[]): ReadonlyMap<string, Descriptor> => {
  const files = new Map<string, Descriptor>();
  for (const layer of layers) {
    const descriptor = descriptorOf(layer, 'the OCI manifest');
    const { mediaType } = descriptor;
    const name = nameOf(descriptor);
    if (!Object.hasOwn(fileTypes, name))
      throw foreign('the OCI manifest', `only ${Object.keys(fileTypes).join(', ')}`, name);
    if (mediaType !== fileTypes[name])
      throw foreign('the OCI manifest', `${name} as ${fileTypes[name]}`, show(mediaType));
    if (files.has(name)) throw foreign('the OCI manifest', `${name} once`, 'twice');
    files.set(name, descriptor);
  }
  return files;
};

/** The blobs of files by name, verified side by side. @throws DAMAGED_PACKAGE for the first of them that is not what its digest says */
const readFiles = async (
  files: ReadonlyMap<string, Descriptor>,
  blobs: ReadonlyMap<string, Uint8Array>,
): Promise<Map<string, Uint8Array>> => {
  const verifying = [...files].map(([name, { digest, size }]) => verified(blobs, name, digest, size));
  const found = await Promise.allSettled(verifying);
  return new Map(
    [...files.keys()].map((name, at) => {
      const result = found[at];
      if (result.status === 'rejected') throw result.reason;
      return [name, result.value];
    }),
  );
};

const refuseWeights: FindWeights = async ({ size }) => {
  const got = `${size} bytes of weights in a file of their own`;
  throw fail('BAD_MODEL', `A browser cannot map files into memory, and this package has ${got}.`, {
    expected: 'weights within the model (no weights: beside in model.yaml, and less than 2 GiB)',
    got,
  });
};

/**
 * Opens a package from its blobs. @throws MillraceError DAMAGED_PACKAGE, naming the file, when any of them is not what its digest says,
 * or when it is no package that this version can read.
 */
export const openBlobs = async (
  digest: string,
  blobs: ReadonlyMap<string, Uint8Array>,
  findWeights: FindWeights = refuseWeights,
  size?: number,
): Promise<Package> => {
  const kept = new Map([[digest, await verified(blobs, 'the OCI manifest', digest, size)]]);
  const image = readObject('the OCI manifest', kept.get(digest) as Uint8Array);
  if (image.artifactType !== mediaTypes.artifact || !Array.isArray(image.layers)) {
    const kind = image.artifactType ?? image.mediaType ?? 'nothing';
    throw foreign('the OCI manifest', `an artifact of type ${mediaTypes.artifact}`, String(kind));
  }
  const layers = readLayers(image.layers);
  const apart = layers.get(WEIGHTS_FILE);
  const within = new Map([[CONFIG, descriptorOf(image.config, 'the OCI manifest')], ...layers]);
  within.delete(WEIGHTS_FILE);
  const files = await readFiles(within, blobs);
  for (const [name, bytes] of files) kept.set((within.get(name) as Descriptor).digest, bytes);
  files.delete(CONFIG);
  const need = (name: string): Uint8Array => {
    const bytes = files.get(name);
    if (bytes !== undefined) return bytes;
    throw foreign('the OCI manifest', `a file ${name}`, [...files.keys()].join(', ') || 'no file');
  };
  const manifest = await readManifest(need('model.json'));
  // Who has no such runtime is told so when the model is to be loaded.
  if (Object.hasOwn(runtimes, manifest.runtime)) need(runtimes[manifest.runtime].file);
  const examples = files.get(EXAMPLES);
  return {
    digest,
    manifest,
    files,
    digests: new Map([...layers].map(([name, layer]) => [name, layer.digest])),
    examples: examples ? fitting<readonly Example[]>(EXAMPLES, jsonOf(EXAMPLES, examples), examplesSchema) : [],
    blobs: kept,
    ...(apart && { weights: await findWeights(apart) }),
  };
};

/**
 * Opens a package from the files of its layout, which other tools may have written anew: what counts is a descriptor in
 * `index.json` and what the digests say. `tag` tells which of several. @throws MillraceError DAMAGED_PACKAGE.
 */
export const openLayout = async (
  files: ReadonlyMap<string, Uint8Array>,
  tag?: string,
  findWeights?: FindWeights,
): Promise<Package> => {
  const layout = files.get('oci-layout');
  const list = files.get('index.json');
  if (layout === undefined || list === undefined) {
    const found = [...files.keys()].slice(0, 3).join(', ') || 'nothing';
    throw foreign('the package file', 'an OCI image layout (oci-layout, index.json, blobs)', found);
  }
  const { imageLayoutVersion } = readObject('oci-layout', layout);
  if (imageLayoutVersion !== LAYOUT_VERSION)
    throw damaged('oci-layout', `imageLayoutVersion ${LAYOUT_VERSION}`, show(imageLayoutVersion));
  const index = readObject('index.json', list);
  if (!Array.isArray(index.manifests)) throw damaged('index.json', 'a list of manifests', show(index.manifests));
  const blobs = new Map<string, Uint8Array>();
  for (const [path, bytes] of files) {
    const match = /^blobs\/(sha256)\/([0-9a-f]{64})$/.exec(path);
    if (match) blobs.set(`${match[1]}:${match[2]}`, bytes);
    else if (/^\/|(?:^|\/)\.\.(?:\/|$)/.test(path)) throw damaged(path, 'only files of an OCI image layout', 'another');
  }
  const all = index.manifests.map((one) => descriptorOf(one, 'index.json'));
  const models = all.filter((one) => !isSignature(one));
  const isOnly = tag === undefined && models.length === 1;
  const entry = isOnly ? models[0] : (await layoutIndex()).pickManifest(models, blobs, tag);
  if (!blobs.has(entry.digest)) throw damaged('index.json', 'the digest of a blob that is there', show(entry.digest));
  const opened = await openBlobs(entry.digest, blobs, findWeights, entry.size);
  if (models.length === all.length) return opened;
  const { signaturesOf } = await layoutSignatures();
  const signatures = await signaturesOf(entry.digest, all, blobs);
  return signatures.length === 0 ? opened : { ...opened, signatures };
};
