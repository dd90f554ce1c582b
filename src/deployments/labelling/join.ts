/** What labels of a deployment are about: by what they are joined, and of which outputs they tell the truth. */
import { fail, showNames } from '../../core/errors.ts';
import { type EvaluationTarget, type Truth, targetsOf } from '../../evaluation/targets.ts';
import type { LabelJoin } from '../../monitor/labels/labels.ts';
import { openServed } from '../../resources/answerer.ts';
import type { Resources } from '../../resources/resources.ts';
import { labelsWaitMs } from './settings.ts';

/** A business key: fields of the recorded row, which are columns of the table too unless said otherwise; or the prediction's id. */
export type LabelKeySetting = string | readonly string[];

export interface LabelsMeant {
  readonly join: LabelJoin;
  /** Where a table or an event has the key. */
  readonly keyColumns: readonly string[];
  readonly targets: readonly EvaluationTarget[];
}

const listOf = (value: LabelKeySetting | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;

/** Whether the key is that of the records of a batch deployment, which have it in their ids. */
const isKeyOfBatch = ({ project }: Resources, deployment: string, fields: readonly string[]): boolean => {
  if (!project.namesIn('batch').includes(deployment)) return false;
  const { key } = project.deploymentIn('batch', deployment).sink ?? {};
  return JSON.stringify(listOf(key)) === JSON.stringify(fields);
};

/**
 * @param key `ride_id`, `a,b`, or `ride_id=trip` where the table calls it otherwise; the prediction's id, in a column `id`, unless given
 * @throws USAGE for a truth that the model does not answer; what opening the package throws
 */
export const labelsMeant = async (
  resources: Resources,
  deployment: string,
  { key, truth }: { readonly key?: LabelKeySetting | undefined; readonly truth: Truth },
): Promise<LabelsMeant> => {
  const pairs = listOf(key).map((one) => one.split('=', 2));
  if (pairs.flat().includes('')) {
    const [expected, got] = ['fields such as ride_id, or ride_id=trip', String(key)];
    throw fail('USAGE', 'A key is made of names.', { field: 'key', expected, got });
  }
  const fields = pairs.map(([field]) => field);
  const keyColumns = fields.length === 0 ? ['id'] : pairs.map(([field, column = field]) => column);
  const isId = fields.length === 1 && fields[0] === 'id' && pairs[0].length === 2;
  const { manifest } = await openServed(resources, deployment);
  const join: LabelJoin = {
    deployment,
    key: isId ? [] : fields,
    waitMs: labelsWaitMs(resources.project, deployment),
    ...(isKeyOfBatch(resources, deployment, fields) && { keyInId: true }),
  };
  return { join, keyColumns, targets: targetsOf(manifest, truth) };
};

/** @throws USAGE for a key that no recorded prediction has */
export const checkKeyed = (
  { join }: LabelsMeant,
  known: { readonly predictions: number; readonly keyed: number },
): void => {
  if (join.key.length === 0 || known.keyed > 0 || known.predictions === 0) return;
  const key = showNames(join.key);
  throw fail(
    'USAGE',
    `None of the ${known.predictions} recorded predictions of ${join.deployment} has the key ${key}.`,
    {
      field: 'key',
      expected: 'fields of the rows as they were asked, which are recorded with all that callers sent',
      got: key,
    },
  );
};
