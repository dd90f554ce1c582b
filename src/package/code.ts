/** What of a package is code, or brings operators of its own: told without running any of it. Web-standard. */
import type { AnsweringRuntime } from '../core/types.ts';
import { formatOf } from '../runtimes/formats.ts';
import { runtimeOf } from '../runtimes/index.ts';
import type { OwnOperators } from '../runtimes/runtime.ts';
import type { Package } from './layout.ts';
import { riskOf } from './risk.ts';

export interface PackageCode extends OwnOperators {
  /** The transform module. */
  readonly transform: { readonly bytes: number; readonly sha256: string } | undefined;
  /** Why the package is not known to be safe; undefined when it is. */
  readonly risk: string | undefined;
}

const modelIn = async ({ manifest, files }: Package) => {
  const runtime = runtimeOf(manifest);
  return { model: files.get(runtime.file) ?? new Uint8Array(), format: await formatOf(runtime) };
};

/** Which runtime answers for a package. @throws BAD_MODEL for a model that cannot be read */
export const answeringRuntime = async (found: Package): Promise<AnsweringRuntime> => {
  const { model, format } = await modelIn(found);
  return format.answering(model);
};

/** @throws BAD_MODEL for a model that cannot be read */
export const codeOf = async (found: Package): Promise<PackageCode> => {
  const { files, digests } = found;
  const { model, format } = await modelIn(found);
  const transform = files.get('transform.js');
  return {
    ...format.operators(model),
    transform: transform && {
      bytes: transform.length,
      sha256: (digests.get('transform.js') ?? '').replace('sha256:', ''),
    },
    risk: await riskOf(found),
  };
};
