/** Promotes what is proven, or known to be safe. */
import type { Moved, Signed } from '../registry/types.ts';
import { checkEnvironment } from '../registry/unknown.ts';
import type { ProofOptions } from '../workers/proof.ts';
import type { Resources } from './resources.ts';

/** Where a version is promoted to, by whom and why, and what its proof may take. */
export interface Promotion extends Signed, ProofOptions {
  readonly to: string;
}

/**
 * Lets an environment point at what a reference to the registry means, once that is proven or known to be safe: whatever follows
 * the environment loads it at once.
 *
 * @throws UNKNOWN_ENVIRONMENT; what `prove`, `Registry.resolve` and `Registry.promote` throw
 */
export const promoteProven = async (
  { environments, lookup, openRegistered, prove }: Resources,
  ref: string,
  { to, why, who, ...limits }: Promotion,
): Promise<Moved> => {
  const registry = await lookup();
  const { name, version, digest } = await registry.resolve(ref);
  checkEnvironment(to, environments);
  const found = await openRegistered(`${name}@${digest}`);
  const { riskOf } = await import('../package/risk.ts');
  // One that is known to be safe is proven by whatever it is put to work in.
  if ((await riskOf(found)) !== undefined) await prove(found, limits);
  return registry.promote({ name, version, to, why, who });
};
