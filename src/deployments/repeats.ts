/** Rows of a deployment whose id came before: by the id that it declares, else by the key that its labels come by. */
import type { TimeSpan } from '../monitor/alerts/finding.ts';
import type { LabelJoin, RepeatedIds } from '../monitor/labels/labels.ts';
import type { Resources } from '../resources/resources.ts';
import { watchedSettings } from './watched.ts';

/** Undefined where nothing is known to be an id. @throws MillraceError STORE_FAILED */
export const repeatsOf = async (
  { project, clock, labels: openLabels }: Pick<Resources, 'project' | 'clock' | 'labels'>,
  deployment: string,
  span: TimeSpan,
): Promise<RepeatedIds | undefined> => {
  const labels = await openLabels();
  const { id } = watchedSettings(project, deployment) ?? {};
  const declared: LabelJoin | undefined = id === undefined ? undefined : { deployment, key: [id].flat() };
  // Keys of batch runs stand in the ids of their records: they come again with each run.
  const join = declared ?? (await labels.joins(deployment)).find(({ key, keyInId }) => key.length > 0 && !keyInId);
  if (join === undefined) return undefined;
  await labels.match(join, clock());
  const found = await labels.repeats(join, span);
  return found.rows === 0 ? undefined : found;
};
