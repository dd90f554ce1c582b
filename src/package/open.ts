/** From package bytes to a scorer. Web-standard: servers and browsers take the same way. */
import type { ReadImage } from '../core/images.ts';
import { onDemand } from '../core/on-demand.ts';
import { createScorer } from '../core/scorer.ts';
import type { ModelSession, Scorer } from '../core/types.ts';
import type { Weights } from '../core/weights.ts';
import { runtimeOf } from '../runtimes/index.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { openLayout, type Package } from './layout.ts';
import { readTar } from './tar.ts';

/** Opens a packed file. @throws MillraceError DAMAGED_PACKAGE, naming the file in it, when anything in it was changed. */
export const openPackage = async (tar: Uint8Array, tag?: string): Promise<Package> => openLayout(readTar(tar), tag);

const transformModule = onDemand(() => import('./transform-module.ts'));

/**
 * Makes an opened package ready to score; `open` opens a model file of a runtime, `readImage` decodes images, for
 * packages whose preparation does. @throws BAD_MODEL, BAD_TRANSFORM
 */
export const loadScorer = async (
  { manifest, digest, files, weights }: Package,
  open: (file: Uint8Array, runtime: Runtime, weights?: Weights) => Promise<ModelSession>,
  readImage?: ReadImage,
): Promise<Scorer> => {
  const runtime = runtimeOf(manifest);
  // No package is opened without it.
  const file = files.get(runtime.file) ?? new Uint8Array();
  const code = files.get('transform.js');
  const transform = code === undefined ? {} : await (await transformModule()).openTransform(code);
  const session = await open(file, runtime, weights);
  try {
    return createScorer({ manifest, digest, session, transform, readImage });
  } catch (error) {
    await session.close();
    throw error;
  }
};
