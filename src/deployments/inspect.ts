/** All that is known of a package here: where it is deployed, what code it brings, how long a row takes. */
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AnsweringRuntime } from '../core/types.ts';
import { answeringRuntime, codeOf, type PackageCode } from '../package/code.ts';
import type { Package } from '../package/layout.ts';
import { parseRef } from '../registry/ref.ts';
import type { Pointer } from '../registry/types.ts';
import type { Resources } from '../resources/resources.ts';
import { type HeldSignature, signaturesIn } from '../resources/trust.ts';
import { type Measured, measure } from './service/measure.ts';

export interface Inspected {
  readonly opened: Package;
  /** Where environments point at this very package. */
  readonly pointers: readonly Pointer[];
  readonly code: PackageCode;
  /** Which runtime answers. */
  readonly answeredBy: AnsweringRuntime;
  /** Who has signed it, as far as the project trusts anybody. */
  readonly signatures: readonly HeldSignature[];
  /** Undefined for one that was not tried, as nobody here has said that it may run. */
  readonly measured: Measured | undefined;
}

const isFolder = async (ref: string, cwd: string): Promise<boolean> =>
  parseRef(ref).kind === 'path' && (await stat(resolve(cwd, ref))).isDirectory();

/** Throws what opening the package throws. */
export const inspect = async (resources: Resources, ref: string): Promise<Inspected> => {
  const opened = await resources.open(ref);
  const { manifest, digest } = opened;
  const registry = await resources.lookup();
  const pointers = (await registry.pointers(manifest.name)).filter((pointer) => pointer.digest === digest);
  const code = await codeOf(opened);
  const measured = await measure(resources, opened, { isOwn: await isFolder(ref, resources.cwd), risk: code.risk });
  const signatures = await signaturesIn(resources.project, opened);
  return { opened, pointers, code, signatures, answeredBy: await answeringRuntime(opened), measured };
};
