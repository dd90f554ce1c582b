import { fail, show } from '../core/errors.ts';
import { parseRef } from './ref.ts';
import { latestOf } from './semver.ts';
import type { Pointer, Registry, Resolved, VersionSummary } from './types.ts';
import { checkEnvironment, unknownVersion } from './unknown.ts';

export interface ResolverOptions {
  readonly environments: readonly string[];
  readonly versions: Registry['versions'];
  readonly pointers: (name: string) => Promise<readonly Pointer[]>;
}

/** The one whose digest begins so. @throws BAD_REF when there are several; UNKNOWN_VERSION */
const byDigest = (name: string, wanted: string, found: readonly VersionSummary[]): Resolved => {
  const matches = found.filter(({ digest }) => digest.startsWith(wanted));
  const digests = new Set(matches.map(({ digest }) => digest));
  if (digests.size > 1) {
    throw fail('BAD_REF', `${name}@${wanted} could be any of ${digests.size} versions: write more of the digest`, {
      expected: [...digests].join(' or '),
      got: wanted,
    });
  }
  const [match] = matches;
  if (match) return match;
  throw fail('UNKNOWN_VERSION', `${name} has no version with the digest ${wanted}`, {
    expected: found
      .map(({ version, digest }) => `${version} ${digest.slice(0, 19)}…`)
      .slice(0, 8)
      .join(', '),
    got: wanted,
  });
};

/** What an environment points at. @throws EMPTY_ENVIRONMENT */
const byPointer = (name: string, environment: string, pointers: readonly Pointer[]): Resolved => {
  const pointer = pointers.find((candidate) => candidate.environment === environment);
  if (pointer) return { name, version: pointer.version, digest: pointer.digest };
  const others = pointers.map((other) => `${other.environment} at ${other.version}`).join(', ');
  throw fail(
    'EMPTY_ENVIRONMENT',
    `No version of ${name} has been promoted to ${environment}${others && ` (${others})`}; use: millrace promote ${name}@<version> --to ${environment}`,
    { expected: `a version of ${name} in ${environment}`, got: 'nothing' },
  );
};

/** What references to registered models mean now. */
export const createResolver = ({ environments, versions, pointers }: ResolverOptions): Registry['resolve'] => {
  const byEnvironment = async (name: string, environment: string): Promise<Resolved> => {
    checkEnvironment(environment, environments);
    return byPointer(name, environment, await pointers(name));
  };

  return async (text) => {
    const ref = parseRef(text);
    if (ref.kind === 'path') {
      throw fail('BAD_REF', `${show(text)} is a path, and only what is registered has a place in the registry`, {
        expected: 'name@version, name@environment, name@sha256:… or name',
        got: show(text),
      });
    }
    const { name } = ref;
    const found = await versions(name);
    const pick = async (): Promise<Resolved> => {
      if (ref.kind === 'environment') return byEnvironment(name, ref.environment);
      if (ref.kind === 'digest') return byDigest(name, ref.digest, found);
      const match = ref.kind === 'latest' ? latestOf(found) : found.find(({ version }) => version === ref.version);
      if (match) return match;
      throw unknownVersion(
        name,
        ref.kind === 'version' ? ref.version : 'latest',
        found.map(({ version }) => version),
      );
    };
    const { version, digest } = await pick();
    return { name, version, digest };
  };
};
