/** Who lets callers in: by what they bring, what the door takes, and what they have had already. */
import { setTimeout as pause } from 'node:timers/promises';
import { fail, type MillraceError, show } from '../core/errors.ts';
import type { Attempts } from './attempts.ts';
import { type CredentialHeaders, credentialOf } from './credentials.ts';
import type { Needed } from './doors.ts';
import type { Keyring } from './keyring.ts';
import { ENDED, type Pass } from './pass.ts';
import { type Principal, type Role, reaches } from './principal.ts';
import { isSecret } from './secret.ts';

/** Who can tell what a token says; a key is none. */
export interface TokenReader {
  /** Undefined for one that is not good. */
  read(token: string): Pass | undefined | Promise<Pass | undefined>;
}

export interface Doorkeeper {
  /**
   * Lets a call in, and counts it. Undefined where nobody needs to be known.
   *
   * @throws UNAUTHENTICATED, FORBIDDEN, RATE_LIMITED, STORE_FAILED
   */
  admit(
    needed: Needed,
    headers: CredentialHeaders,
    address: string | undefined,
  ): Pass | undefined | Promise<Pass | undefined>;
  close(): Promise<void>;
}

export interface DoorkeeperOptions {
  readonly keyring: Keyring;
  /** Only keys are taken unless given. */
  readonly tokens?: TokenReader | undefined;
  readonly attempts: Attempts;
  /** Told of each call that is refused, and of who asked where they are known. */
  readonly onRefused?: ((code: string, principal: Principal | undefined) => void) | undefined;
}

const EXPECTED = 'a key that is known, as Authorization: Bearer or x-api-key';
// Made once: a stack for each of many refusals would cost more than the refusal.
const NOTHING_CAME = fail('UNAUTHENTICATED', 'This service answers those who have a key, and none came.', {
  expected: EXPECTED,
  got: 'none',
});
const GUESSED = fail('RATE_LIMITED', 'Too many keys that are not known have come from this address.', {
  expected: EXPECTED,
});

const MOST_REMEMBERED = 4096;

/** Refusals that wait at a time; more are told at once. */
const MOST_WAITING = 256;

const tooLow = (role: Role, needed: Role): MillraceError =>
  fail('FORBIDDEN', `This takes the role ${needed}; this key has the role ${role}.`, { expected: needed, got: role });

/** Keeps those off a model whose key is for others. @throws FORBIDDEN */
export const checkModel = (pass: Pass | undefined, model: string): void => {
  if (pass === undefined || pass.touches(model)) return;
  throw fail('FORBIDDEN', 'This key is not for this model.', {
    field: 'model',
    expected: pass.principal.models.join(', ').slice(0, 200),
    got: show(model),
  });
};

export const createDoorkeeper = ({ keyring, tokens, attempts, onRefused }: DoorkeeperOptions): Doorkeeper => {
  const refuse = (error: MillraceError, principal?: Principal): MillraceError => {
    onRefused?.(error.code, principal);
    return error;
  };
  /** What came last, as it came: a hash for each call would cost more than all else here. */
  const remembered = new Map<string, Pass>();
  const remember = (header: string, pass: Pass): void => {
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(header, pass);
  };
  let waiting = 0;
  const refuseUnknown = async (address: string): Promise<never> => {
    const waitMs = attempts.failed(address);
    if (waitMs === undefined) throw refuse(ENDED);
    if (waiting < MOST_WAITING) {
      waiting++;
      await pause(waitMs, undefined, { ref: false }).finally(() => waiting--);
    }
    throw refuse(GUESSED);
  };
  const letIn = (pass: Pass, needed: Role): Pass => {
    pass.enter();
    if (!reaches(pass.principal.role, needed)) throw refuse(tooLow(pass.principal.role, needed), pass.principal);
    return pass;
  };
  const letInLater = async (
    reading: Promise<Pass | undefined>,
    needed: Role,
    address: string,
  ): Promise<Pass | undefined> => {
    const pass = await reading;
    return pass === undefined ? refuseUnknown(address) : letIn(pass, needed);
  };

  return {
    admit(needed, headers, address = '') {
      if (needed === 'anyone') return undefined;
      const header = headers['x-api-key'] ?? headers.authorization;
      const before = typeof header === 'string' ? remembered.get(header) : undefined;
      // Whether that key is good still is for the pass to say.
      if (before !== undefined) return letIn(before, needed);
      const credential = credentialOf(headers);
      if (credential === undefined) throw refuse(NOTHING_CAME);
      const found = isSecret(credential) ? keyring.find(credential) : tokens?.read(credential);
      if (found === undefined) return refuseUnknown(address);
      if (found instanceof Promise) return letInLater(found, needed, address);
      if (typeof header === 'string') remember(header, found);
      return letIn(found, needed);
    },
    close: () => keyring.close(),
  };
};
