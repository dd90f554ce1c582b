/** Labels on their way to predictions that are there, or that may still come. */
import type { Transaction } from 'kysely';
import type { Tables } from '../../store/tables.ts';
import { exactJson } from '../../text/exact-json.ts';
import { giveTruths } from './give.ts';
import { type LabelKey, takeKey } from './label-key.ts';
import type { LabelJoin, LabellingCounts, ToldLabel } from './labels.ts';
import { inParts } from './parts.ts';

/** The only row of a call goes by its id, with or without its place. */
const bareId = (id: string): string => (id.endsWith('.0') ? id.slice(0, -2) : id);

/** The predictions that each key, or id, leads to. */
const placesOf = async (
  trx: Transaction<Tables>,
  { id: label_key, key, deployment }: LabelKey,
  values: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const found = new Map<string, string[]>();
  const add = (value: string, id: string): void => {
    const ids = found.get(value);
    if (ids === undefined) found.set(value, [id]);
    else ids.push(id);
  };
  for (const some of inParts(values)) {
    if (key.length > 0) {
      const rows = await trx
        .selectFrom('keyed_predictions')
        .select(['value', 'id'])
        .where('label_key', '=', label_key)
        .where('value', 'in', some)
        .execute();
      for (const { value, id } of rows) add(value, id);
    } else {
      const rows = await trx
        .selectFrom('recorded')
        .innerJoin('served', 'served.id', 'recorded.served')
        .select('recorded.id')
        .where('served.deployment', '=', deployment)
        .where('recorded.id', 'in', [...some, ...some.map((value) => `${value}.0`)])
        .execute();
      for (const { id } of rows) add(bareId(id), id);
    }
  }
  return found;
};

/** Keeps labels for predictions to come, but for what was told just so before. */
const keep = async (
  trx: Transaction<Tables>,
  { id: label_key }: LabelKey,
  labels: readonly ToldLabel[],
  at: string,
): Promise<void> => {
  const last = new Map<string, string>();
  for (const some of inParts([...new Set(labels.map(({ key }) => key))])) {
    const rows = await trx
      .selectFrom('told_labels')
      .select(['value', 'truth'])
      .where('label_key', '=', label_key)
      .where('value', 'in', some)
      .orderBy('seq')
      .execute();
    for (const { value, truth } of rows) last.set(value, truth);
  }
  const rows = labels.flatMap(({ key: value, truth: told }) => {
    const truth = exactJson(told);
    if (last.get(value) === truth) return [];
    last.set(value, truth);
    return [{ label_key, value, at, truth }];
  });
  for (const some of inParts(rows)) await trx.insertInto('told_labels').values(some).execute();
};

export const tellLabels = async (
  trx: Transaction<Tables>,
  join: LabelJoin,
  told: readonly ToldLabel[],
  { at, dryRun = false }: { readonly at: string; readonly dryRun?: boolean | undefined },
): Promise<LabellingCounts> => {
  const key = await takeKey(trx, join);
  const isById = join.key.length === 0;
  const labels = isById ? told.map((label) => ({ ...label, key: bareId(label.key) })) : told;
  const places = await placesOf(trx, key, [...new Set(labels.map((label) => label.key))]);
  const matched = labels.filter((label) => places.has(label.key));
  const waiting = labels.filter((label) => !places.has(label.key));
  if (!dryRun) await keep(trx, key, isById ? waiting : labels, at);
  const given = matched.flatMap(({ key: value, truth }) => (places.get(value) ?? []).map((id) => ({ id, truth })));
  return {
    told: labels.length,
    matched: matched.length,
    severally: matched.filter((label) => (places.get(label.key)?.length ?? 0) > 1).length,
    waiting: waiting.length,
    ...(await giveTruths(trx, given, { at, dryRun })),
  };
};
