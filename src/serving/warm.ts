import type { Scorer } from '../core/types.ts';
import { requireGolden } from '../package/golden.ts';
import type { Package } from '../package/layout.ts';

/**
 * A scorer that has answered the examples of its package, which are its first answers, as it should; one that has not is
 * closed.
 *
 * @throws EXAMPLE_OFF; what scoring throws
 */
export const warm = async (scorer: Scorer, { examples }: Pick<Package, 'examples'>): Promise<Scorer> => {
  try {
    await requireGolden(scorer, examples);
    return scorer;
  } catch (error) {
    await scorer.close();
    throw error;
  }
};
