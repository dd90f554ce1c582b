/** Promotes what the gates of an environment let in, and what is proven, or known to be safe. */
import { resolve } from 'node:path';
import { fail } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import type { GateQuestion, GateVersion, GateWorld } from '../gates/gate.ts';
import type { Prediction } from '../monitor/records/records.ts';
import type { Package } from '../package/layout.ts';
import type { GateName } from '../project/environments.ts';
import type { Moved, Resolved, Signed } from '../registry/types.ts';
import { checkEnvironment } from '../registry/unknown.ts';
import type { GateVerdict } from '../registry/verdict.ts';
import type { ProofOptions } from '../workers/proof.ts';
import type { Resources } from './resources.ts';
import { mayOverride } from './who.ts';

/** Where a version would be promoted to, and what its proof may take. */
export interface AskedMove extends ProofOptions {
  readonly to: string;
  /** Told of each gate as it is asked. */
  readonly onGate?: ((gate: GateName) => void) | undefined;
}

/** The same, by whom and why. */
export interface Promotion extends Signed, AskedMove {
  /** A gate that does not let it in does not keep it out; `why` has to say why. False unless given. */
  readonly override?: boolean | undefined;
}

/** What the gates of an environment say of a version. */
export interface GateReport extends Resolved {
  readonly environment: string;
  /** Where the environment points now; null where it is empty. */
  readonly from: string | null;
  /** One a gate, in the order in which they were asked; none where it points there already. */
  readonly verdicts: readonly GateVerdict[];
}

/** A move, and what its gates have said. */
export interface Promoted extends Moved {
  readonly verdicts?: readonly GateVerdict[];
}

/** A version as gates see it: loaded at most once, and closed in the end. */
interface OpenVersion extends GateVersion {
  readonly found: Package;
  close(): Promise<void>;
}

const openVersion = async (
  resources: Resources,
  ref: string,
  { rowMs, memoryBytes, signal }: ProofOptions,
): Promise<OpenVersion> => {
  const found = await resources.openRegistered(ref);
  let scorer: Promise<Scorer> | undefined;
  return {
    found,
    version: found.manifest.version,
    digest: found.digest,
    manifest: found.manifest,
    examples: found.examples.length,
    signers: async () => (await import('./trust.ts')).signersOf(resources.project, found),
    prove: () => resources.prove(found, { rowMs, memoryBytes, signal }),
    scorer() {
      scorer ??= resources.loadSafely(found, { rowMs, signal });
      return scorer;
    },
    async close() {
      const loaded = await scorer?.catch(() => undefined);
      await loaded?.close();
    },
  };
};

const worldOf = async (resources: Resources, signal: AbortSignal | undefined): Promise<GateWorld> => {
  const { project, lookup, records } = resources;
  return {
    registry: await lookup(),
    recorded: async (model, most): Promise<readonly Prediction[]> => (await records()).recent(model, most),
    placed: (path) => resolve(project.folder, path),
    signal,
  };
};

const asked = async (resources: Resources, ref: string, { to, onGate, ...limits }: AskedMove) => {
  const { environments, project, lookup, clock } = resources;
  const registry = await lookup();
  const resolved = await registry.resolve(ref);
  checkEnvironment(to, environments);
  const { name, version, digest } = resolved;
  const pointer = (await registry.pointers(name)).find(({ environment }) => environment === to);
  const candidate = await openVersion(resources, `${name}@${digest}`, limits);
  const report = { ...resolved, environment: to, from: pointer?.version ?? null };
  const planned = pointer?.version === version ? [] : project.gates(to, name);
  if (planned.length === 0) return { report: { ...report, verdicts: [] }, candidate };
  const { askAll } = await import('../gates/ask.ts');
  const inPlace = pointer && (await openVersion(resources, `${name}@${pointer.digest}`, limits));
  try {
    const question: GateQuestion = { name, environment: to, candidate, inPlace };
    const world = await worldOf(resources, limits.signal);
    return { report: { ...report, verdicts: await askAll(planned, question, { ...world, clock, onGate }) }, candidate };
  } finally {
    await Promise.all([candidate.close(), inPlace?.close()]);
  }
};

/**
 * What the gates of an environment say of what a reference to the registry means; nothing is moved.
 *
 * @throws UNKNOWN_ENVIRONMENT; what `Registry.resolve` and opening the package throw
 */
export const askGates = async (resources: Resources, ref: string, move: AskedMove): Promise<GateReport> =>
  (await asked(resources, ref, move)).report;

/** @throws USAGE without a reason; FORBIDDEN */
const checkOverride = (who: string, why: string | undefined): void => {
  if (!why) {
    const message = 'Gates are overridden with a reason, which stays in the history.';
    throw fail('USAGE', message, { field: '--why', expected: '--why "<reason>"', got: 'nothing' });
  }
  if (mayOverride(who)) return;
  throw fail('FORBIDDEN', `${who} may not override gates`, { expected: 'an admin', got: who });
};

/**
 * Lets an environment point at what a reference to the registry means, once its gates let that in, and it is proven or known to be
 * safe: whatever follows the environment loads it at once.
 *
 * @throws GATE_REFUSED with a line for each gate that does not let it in; USAGE and FORBIDDEN for `override`; UNKNOWN_ENVIRONMENT;
 * what `prove`, `Registry.resolve` and `Registry.promote` throw
 */
export const promoteProven = async (resources: Resources, ref: string, move: Promotion): Promise<Promoted> => {
  const { why, who, override = false, ...how } = move;
  if (override) checkOverride(who ?? resources.who, why);
  const { report, candidate } = await asked(resources, ref, how);
  const { name, version, environment: to, from, verdicts } = report;
  const registry = await resources.lookup();
  const isProven = verdicts.some(({ about, outcome }) => about === 'examples' && outcome === 'pass');
  const isShut = verdicts.some(({ outcome }) => outcome !== 'pass');
  const isUntrusted = verdicts.some(({ about, outcome }) => about === 'signed' && outcome !== 'pass');
  const { riskOf } = await import('../package/risk.ts');
  // One that is known to be safe is proven by whatever it is put to work in; what is refused need not be.
  if (!isUntrusted && !isProven && (override || !isShut) && (await riskOf(candidate.found)) !== undefined)
    await candidate.prove();
  // Whose a package is, no reason stands in for: what runs there would refuse it.
  const moved = await registry.promote({
    name,
    version,
    to,
    why,
    who,
    from,
    verdicts,
    override: override && !isUntrusted,
  });
  return verdicts.length === 0 ? moved : { ...moved, verdicts };
};
