/** From package bytes to a scorer. Web-standard: servers and browsers take the same way. */
import { fail, messageOf } from '../core/errors.ts';
import { createScorer } from '../core/scorer.ts';
import type { ModelSession, Scorer, Transform } from '../core/types.ts';
import { openLayout, type Package } from './layout.ts';
import { readTar } from './tar.ts';

/** Opens a packed file. Throws DAMAGED_PACKAGE, naming the file in it, when anything in it was changed. */
export const openPackage = (tar: Uint8Array): Promise<Package> => openLayout(readTar(tar));

/** Evaluates a bundled transform module. Its code comes with the package and runs with the rights of the process. */
export const loadTransform = async (code: Uint8Array | undefined): Promise<Transform> => {
  if (code === undefined) return {};
  try {
    const text = new TextDecoder().decode(code);
    const module = (await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`)) as Transform;
    return { ...(module.prepare && { prepare: module.prepare }), ...(module.finish && { finish: module.finish }) };
  } catch (cause) {
    throw fail('BAD_TRANSFORM', `The transform module cannot be loaded: ${messageOf(cause)}`, {
      got: messageOf(cause),
      cause,
    });
  }
};

/** Makes an opened package ready to score, with whatever runtime `open` is. */
export const loadScorer = async (
  { manifest, digest, files }: Package,
  open: (file: Uint8Array) => Promise<ModelSession>,
): Promise<Scorer> => {
  const file = files.get('model.onnx');
  if (file === undefined) throw fail('DAMAGED_PACKAGE', 'The package has no model.', { field: 'model.onnx' });
  const transform = await loadTransform(files.get('transform.js'));
  const session = await open(file);
  try {
    return createScorer({ manifest, digest, session, transform });
  } catch (error) {
    await session.close();
    throw error;
  }
};
