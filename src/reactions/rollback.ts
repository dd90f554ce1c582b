/** Lets the environment of a model point at the version before the one that the alert is about, through the registry. */
import { MillraceError } from '../core/errors.ts';
import type { AlertMessage, ToldAlert } from '../monitor/alerts/alert.ts';
import type { Registry } from '../registry/types.ts';
import { type ReactionWork, worstOf } from './reaction.ts';

/** What this needs of the house. */
export interface RollbackWorld {
  readonly registry: () => Promise<Pick<Registry, 'rollback'>>;
  /** Whether an alert still fires. */
  readonly isFiring: (id: string) => Promise<boolean>;
}

/** Who is named in the history. */
export const MONITOR = 'millrace monitor';

/** The verdict that it rests on, for the history: what was found, in which window, with which numbers. */
export const verdictOf = ({ concern, sentence, numbers, window, fingerprint }: ToldAlert): string => {
  const told = Object.entries(numbers).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`);
  return `${concern}: ${sentence} (${[`${window.from}/${window.to}`, ...told, `alert ${fingerprint}`].join(', ')})`;
};

/** Reasons not to that stay, however often one asks. */
const lasting: ReadonlySet<unknown> = new Set(['NOTHING_TO_ROLL_BACK', 'EMPTY_ENVIRONMENT', 'UNKNOWN_MODEL']);

const anyFires = async ({ alerts }: AlertMessage, { isFiring }: RollbackWorld): Promise<boolean> =>
  (await Promise.all(alerts.map(({ id }) => isFiring(id)))).includes(true);

export const rollbackWork = (env: string, world: RollbackWorld): ReactionWork => ({
  what: `rollback of ${env}`,
  async act(message, _tries, signal) {
    signal.throwIfAborted();
    const alert = worstOf(message);
    const { model: name, version } = alert;
    if (!(await anyFires(message, world))) {
      return { is: 'refused', sentence: `${name}@${env} stays where it is: what was wrong is over` };
    }
    try {
      const registry = await world.registry();
      const moved = await registry.rollback({ name, env, from: version, who: MONITOR, why: verdictOf(alert) });
      return { is: 'done', sentence: `${name}@${env} is back at ${moved.version} (was ${moved.from})` };
    } catch (error) {
      if (!(error instanceof MillraceError) || !lasting.has(error.code)) throw error;
      return { is: 'refused', sentence: error.message };
    }
  },
});
