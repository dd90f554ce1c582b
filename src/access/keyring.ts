/**
 * The keys that a process knows, in memory: no request waits for the database.
 *
 * Held here: a key that was revoked, wherever that was, is refused within two looks; one that was made is known by then too. As long as
 * the database cannot be asked, what was known goes on for STALE_MS, and nobody is let in after that.
 */
import { fail } from '../core/errors.ts';
import type { Key } from './key.ts';
import type { Keys } from './keys.ts';
import { createPass, type Pass } from './pass.ts';
import { hashOf } from './secret.ts';

export interface Keyring {
  /** Who comes with this key; undefined for one that is not known or was revoked. @throws STORE_FAILED */
  find(secret: string): Pass | undefined;
  /** Resolves when no look is under way. */
  close(): Promise<void>;
}

export interface KeyringOptions {
  readonly keys: Pick<Keys, 'state' | 'known' | 'used'>;
  readonly clock: () => Date;
  /** Milliseconds between two looks; half a second unless given. */
  readonly everyMs?: number | undefined;
  /** Processes among which the limits of a key are shared out; 1 unless given. */
  readonly sharedBy?: number | undefined;
  /** Told when the database cannot be asked. */
  readonly onLost: (error: unknown) => void;
}

const EVERY_MS = 500;
const STALE_MS = 300_000;
const FOR_EVER = Number.POSITIVE_INFINITY;

const shareOf = (perSecond: number | undefined, sharedBy: number): number | undefined =>
  perSecond === undefined ? undefined : Math.max(1, perSecond / sharedBy);

const principalOf = ({ id, name, role, models }: Key) => ({ name, role, models, by: 'key' as const, keyId: id });

/** The day on which keys were used last, for people who look for those that nobody uses. */
const createUses = (keys: Pick<Keys, 'used'>, clock: () => Date) => {
  const fresh = new Set<string>();
  let noted: { readonly day: string; readonly ids: ReadonlySet<string> } = { day: '', ids: new Set() };
  return {
    add: (id: string) => fresh.add(id),
    async note() {
      const day = clock().toISOString().slice(0, 10);
      const before = noted.day === day ? noted.ids : new Set<string>();
      const ids = [...fresh].filter((id) => !before.has(id));
      fresh.clear();
      noted = { day, ids: new Set([...before, ...ids]) };
      // Where it cannot be written, all else goes on.
      await keys.used(ids, day).catch(() => undefined);
    },
  };
};

/** Reads the keys first. @throws STORE_FAILED */
export const openKeyring = async ({
  keys,
  clock,
  everyMs = EVERY_MS,
  sharedBy = 1,
  onLost,
}: KeyringOptions): Promise<Keyring> => {
  const now = (): number => performance.now();
  let held: ReadonlyMap<string, Pass> = new Map();
  let state = '';
  let askedAt = now();
  const uses = createUses(keys, clock);

  const hold = (hash: string, key: Key): Pass => {
    const until = key.expiresAt === undefined ? FOR_EVER : Date.parse(key.expiresAt);
    const pass: Pass = createPass({
      principal: principalOf(key),
      isGood: () => held.get(hash) === pass && (until === FOR_EVER || clock().getTime() < until),
      onEnter: () => uses.add(key.id),
      calls: shareOf(key.calls, sharedBy),
      rows: shareOf(key.rows, sharedBy),
      now,
    });
    return pass;
  };
  const look = async (): Promise<void> => {
    const found = await keys.state();
    if (found !== state) {
      const known = await keys.known();
      // Who is known already keeps what they have used up.
      held = new Map(known.map(({ hash, key }) => [hash, held.get(hash) ?? hold(hash, key)]));
      state = found;
    }
    askedAt = now();
  };
  let isClosed = false;
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  const again = (): void => {
    looking = look()
      .then(uses.note)
      .catch(onLost)
      .then(() => {
        if (!isClosed) timer = setTimeout(again, everyMs).unref();
      });
  };
  await look();
  timer = setTimeout(again, everyMs).unref();

  return {
    find(secret) {
      if (now() - askedAt > STALE_MS) throw fail('STORE_FAILED', 'The keys cannot be read any more.');
      return held.get(hashOf(secret));
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
      return looking;
    },
  };
};
