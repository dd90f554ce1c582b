import { type Decided, decide } from '../../modes/service/isolation.ts';
import { measureRow } from '../../modes/service/model.ts';
import type { Package } from '../../package/layout.ts';
import type { Resources } from '../../resources/resources.ts';

export interface Measured {
  /** Milliseconds that one row takes on this machine, alone and warm. */
  readonly rowMs: number;
  /** Where a service would run the model. */
  readonly isolation: Decided;
}

/** What is known of a package before it runs. */
interface Trust {
  /** It was packed just now, from a folder, which has proven it. */
  readonly isOwn: boolean;
  readonly risk: string | undefined;
}

/**
 * Who looks into a package that came from elsewhere has not said that it may run: only one that is known to be safe, or was
 * made out of a folder right now, does. Undefined for any other.
 */
export const measure = async (
  { loadSafely }: Pick<Resources, 'loadSafely'>,
  opened: Package,
  { isOwn, risk }: Trust,
): Promise<Measured | undefined> => {
  if (!isOwn && risk !== undefined) return undefined;
  const scorer = await loadSafely(opened);
  try {
    const rowMs = await measureRow(scorer, opened);
    return { rowMs, isolation: risk === undefined ? decide('auto', rowMs) : 'workers' };
  } finally {
    await scorer.close();
  }
};
