/** The transform module of a package, which few packages have. Web-standard. */
import { type AppliedTransform, applied } from '../core/applied-transform.ts';
import { fail, messageOf, show } from '../core/errors.ts';
import type { Transform } from '../core/types.ts';

/** Evaluates a bundled transform module. Its code comes with the package and runs with the rights of the process. */
export const loadTransform = async (code: Uint8Array): Promise<Transform> => {
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

/** The same, ready for a pipeline. @throws BAD_TRANSFORM */
export const openTransform = async (code: Uint8Array): Promise<AppliedTransform> => applied(await loadTransform(code));
