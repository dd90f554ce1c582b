/** Who lets callers into a service, by the keys in the registry's database. */
import { createAttempts } from '../../access/attempts.ts';
import { createDoorkeeper, type Doorkeeper } from '../../access/doorkeeper.ts';
import { openKeyring } from '../../access/keyring.ts';
import { callerOf } from '../../modes/service/connections.ts';
import type { Logger } from '../../modes/service/log.ts';
import type { Resources } from '../../resources/resources.ts';
import type { ServeOptions } from './options.ts';

/** Undefined where callers need no key. @throws what `Stores.keys` throws */
export const startDoorkeeper = async (
  { keys, clock }: Pick<Resources, 'keys' | 'clock'>,
  { auth, workers }: Pick<ServeOptions, 'auth' | 'workers'>,
  log: Logger,
): Promise<Doorkeeper | undefined> => {
  if (auth !== true) return undefined;
  const onLost = (err: unknown): void =>
    log.error({ err }, 'the keys cannot be read; those that are known go on for a while');
  const keyring = await openKeyring({ keys: await keys(), clock, sharedBy: workers, onLost });
  const attempts = createAttempts({
    now: () => performance.now(),
    onGuessing: (address, failures) => log.warn({ address, failures }, 'keys that are not known come from one address'),
  });
  const onRefused = (code: string, principal: { readonly name: string; readonly keyId?: string } | undefined): void =>
    log.debug({ code, who: principal?.name, key: principal?.keyId }, 'not let in');
  return createDoorkeeper({
    keyring,
    attempts: { failed: (address) => attempts.failed(callerOf(address)) },
    onRefused,
  });
};
