/** Whether a package may run in a process that others depend on. Web-standard. */
import { formatOf } from '../runtimes/formats.ts';
import { runtimeOf } from '../runtimes/index.ts';
import { WEIGHTS_APART } from '../runtimes/runtime.ts';
import type { Package } from './layout.ts';

/**
 * Why a package is not known to be unable to crash, to loop or to allocate without end, in words that go on after
 * "because"; undefined when it is known: it has no code of its own, and its graph is run by the own runtime, or has nothing
 * but operators that are known to be safe, in sizes that are known beforehand. One that is known may be scored inline; all
 * others are scored in processes of their own.
 *
 * @throws BAD_MODEL, BAD_MANIFEST for a package that cannot be loaded either
 */
export const riskOf = async ({
  manifest,
  files,
  weights,
}: Pick<Package, 'manifest' | 'files' | 'weights'>): Promise<string | undefined> => {
  if (weights !== undefined) return WEIGHTS_APART;
  if (files.has('transform.js')) return 'it has a transform module';
  const runtime = runtimeOf(manifest);
  const model = files.get(runtime.file);
  if (model === undefined) return 'it has no model';
  return (await formatOf(runtime)).risk(model, manifest);
};
