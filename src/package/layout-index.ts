/** Which of the manifests in a layout's `index.json` is meant. */
import { type Descriptor, mediaTypes, REF_NAME } from './oci.ts';
import { foreign } from './suspicion.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

const isModel = ({ artifactType, digest }: Descriptor, blobs: ReadonlyMap<string, Uint8Array>): boolean => {
  if (artifactType !== undefined) return artifactType === mediaTypes.artifact;
  try {
    return JSON.parse(decoder.decode(blobs.get(digest))).artifactType === mediaTypes.artifact;
  } catch {
    return false;
  }
};

/** A tag, whether it stands alone or behind a repository: `1.2.0`, `ride:1.2.0`, `registry.example/ride:1.2.0`. */
const tagOf = ({ annotations }: Descriptor): string | undefined => annotations?.[REF_NAME]?.replace(/^.*:/, '');

/** Of several, by its tag, or as the only model of the layout. @throws MillraceError DAMAGED_PACKAGE for none, and for several. */
export const pickManifest = (
  all: readonly Descriptor[],
  blobs: ReadonlyMap<string, Uint8Array>,
  tag: string | undefined,
): Descriptor => {
  const models = all.filter((one) => isModel(one, blobs) && (tag === undefined || tagOf(one) === tag));
  const [first] = models;
  if (first !== undefined && models.every(({ digest }) => digest === first.digest)) return first;
  const tags = all.flatMap((one) => tagOf(one) ?? []);
  const wanted = tag === undefined ? 'one model, or its tag behind the path (path:tag)' : `a model with the tag ${tag}`;
  throw foreign(
    'index.json',
    wanted,
    `${models.length} of ${all.length} manifests${tags.length > 0 ? `, tagged ${tags.join(', ')}` : ''}`,
  );
};
