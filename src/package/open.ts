/** From package bytes to a scorer. Web-standard: servers and browsers take the same way. */
import { fail, messageOf, show } from '../core/errors.ts';
import { createScorer } from '../core/scorer.ts';
import type { ModelSession, Scorer, Transform } from '../core/types.ts';
import { runtimeOf } from '../runtimes/index.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { openLayout, type Package } from './layout.ts';
import { readTar } from './tar.ts';

/** Opens a packed file. @throws MillraceError DAMAGED_PACKAGE, naming the file in it, when anything in it was changed. */
export const openPackage = async (tar: Uint8Array, tag?: string): Promise<Package> => openLayout(readTar(tar), tag);

/** Evaluates a bundled transform module. Its code comes with the package and runs with the rights of the process. */
export const loadTransform = async (code: Uint8Array | undefined): Promise<Transform> => {
  if (code === undefined) return {};
  let module: Readonly<Record<string, unknown>>;
  try {
    const text = new TextDecoder().decode(code);
    module = await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`);
  } catch (cause) {
    const got = messageOf(cause);
    throw fail('BAD_TRANSFORM', `The transform module cannot be loaded: ${got}`, { got, cause });
  }
  const found = (['prepare', 'finish'] as const).filter((name) => module[name] !== undefined);
  const wrong = found.find((name) => typeof module[name] !== 'function');
  if (wrong) {
    const got = show(module[wrong]);
    throw fail('BAD_TRANSFORM', `The transform module's ${wrong} is ${got}, not a function.`, { got });
  }
  return Object.fromEntries(found.map((name) => [name, module[name]])) as Transform;
};

/** Makes an opened package ready to score; `open` opens a model file of a runtime. @throws BAD_MODEL, BAD_TRANSFORM */
export const loadScorer = async (
  { manifest, digest, files }: Package,
  open: (file: Uint8Array, runtime: Runtime) => Promise<ModelSession>,
): Promise<Scorer> => {
  const runtime = runtimeOf(manifest);
  // No package is opened without it.
  const file = files.get(runtime.file) ?? new Uint8Array();
  const transform = await loadTransform(files.get('transform.js'));
  const session = await open(file, runtime);
  try {
    return createScorer({ manifest, digest, session, transform });
  } catch (error) {
    await session.close();
    throw error;
  }
};
