/** Whose packages the project takes: signatures held against the keys under `trust`. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fail } from '../core/errors.ts';
import type { Signers } from '../gates/gate.ts';
import type { Package } from '../package/layout.ts';
import type { SigningKey } from '../package/signing.ts';
import type { PlannedGate } from '../project/environments.ts';
import type { Project } from '../project/project.ts';
import { parseRef } from '../registry/ref.ts';

export type Trusting = Pick<Project, 'trust' | 'gates' | 'folder'>;

const keyAt = async (name: string, path: string): Promise<SigningKey> => {
  const { publicKey } = await import('../package/signing.ts');
  let pem: string;
  try {
    pem = await readFile(path, 'utf8');
  } catch (cause) {
    throw fail('FILE_NOT_FOUND', `The public key of ${name} under trust cannot be read`, {
      field: `trust.${name}`,
      expected: 'a file with a public key (millrace keys signing)',
      got: path,
      cause,
    });
  }
  return publicKey(pem, `trust.${name}`);
};

/** A signature that came with a package: the id that it gives for its key, and who of those trusted it is by, if it holds. */
export interface HeldSignature {
  readonly key: string;
  readonly by: string | undefined;
}

/** Signatures of a package, in the order in which they came. Nothing of it runs. @throws FILE_NOT_FOUND, USAGE for a key of `trust` that is none */
export const signaturesIn = async (project: Trusting, found: Package): Promise<readonly HeldSignature[]> => {
  const { signatures = [] } = found;
  if (signatures.length === 0) return [];
  const { isSignedBy, keyIdIn } = await import('../package/signing.ts');
  const keys: (readonly [name: string, key: SigningKey])[] = [];
  for (const [name, file] of Object.entries(project.trust()))
    keys.push([name, await keyAt(name, resolve(project.folder, file))]);
  return signatures.map((envelope) => ({
    key: keyIdIn(envelope) ?? 'none',
    by: keys.find(([, key]) => isSignedBy(found, envelope, key))?.[0],
  }));
};

/** Who has signed a package. @throws what `signaturesIn` throws */
export const signersOf = async (project: Trusting, found: Package): Promise<Signers> => {
  const all = await signaturesIn(project, found);
  return {
    signed: [...new Set(all.flatMap(({ by }) => by ?? []))],
    trusted: Object.keys(project.trust()),
    signatures: all.length,
  };
};

type SignedGate = Extract<PlannedGate, { readonly gate: 'signed' }>;

/**
 * Lets what an environment with the gate `signed` points at be opened, if it is signed as that gate wants it: what was moved there by
 * other ways, or changed since, is not loaded. References to no environment are for whoever wrote them.
 *
 * @throws UNTRUSTED_PACKAGE; what `signersOf` throws
 */
export const checkTrust = async (project: Trusting, ref: string, found: Package): Promise<void> => {
  const parsed = parseRef(ref);
  if (parsed.kind !== 'environment') return;
  const planned = project.gates(parsed.environment, parsed.name);
  const gates = planned.filter((one): one is SignedGate => one.gate === 'signed');
  if (gates.length === 0) return;
  const { signed, trusted } = await signersOf(project, found);
  for (const { settings } of gates) {
    const wanted = settings.by ?? trusted;
    if (signed.some((name) => wanted.includes(name))) continue;
    const { name, version } = found.manifest;
    throw fail(
      'UNTRUSTED_PACKAGE',
      `${name}@${version} does not run in ${parsed.environment}: nobody trusted signed it`,
      {
        expected: `a signature of ${wanted.join(' or ') || 'somebody under trust'}`,
        got: signed.length === 0 ? 'none that holds' : `one of ${signed.join(', ')}`,
      },
    );
  }
};
