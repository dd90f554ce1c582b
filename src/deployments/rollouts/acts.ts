/** The rollouts that a mode follows, in the registry's database. */
import type { Resources } from '../../resources/resources.ts';
import type { RolloutActs } from '../../serving/rollouts/acts.ts';

const openActs = async (resources: Resources): Promise<RolloutActs> => {
  const [rollouts, { createDriver }] = await Promise.all([resources.rollouts(), import('./driver.ts')]);
  return { rollouts, ...createDriver(resources, rollouts) };
};

/** Undefined as long as there is no store that may be written to: it is looked for again with each call. */
export const rolloutActs = (resources: Resources): (() => Promise<RolloutActs | undefined>) => {
  let opened: Promise<RolloutActs> | undefined;
  return async () => {
    if (opened === undefined && !(await resources.isWritable())) return undefined;
    opened ??= openActs(resources).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
};
