/** A key of a deployment as the store has it, and what it is of one recorded prediction. */
import { sql, type Transaction } from 'kysely';
import type { Tables } from '../../store/tables.ts';
import { parseJson } from '../../text/json.ts';
import type { LabelJoin } from './labels.ts';

export interface LabelKey extends LabelJoin {
  readonly id: number;
  readonly indexedTo: number;
  readonly predictions: number;
  readonly keyed: number;
}

/** Longer keys are none: databases index only so much of a text. */
const MOST_KEY_CHARS = 500;
const CONTROL = /\p{Cc}/u;

/** The text of one value of a key; undefined for what names nothing. */
const partText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value;
  const isPlain = typeof value === 'bigint' || typeof value === 'boolean';
  return isPlain || (typeof value === 'number' && Number.isFinite(value)) ? String(value) : undefined;
};

/** The text by which a key is found: its values, joined by commas. Undefined where one is missing, or it is no name. */
export const keyText = (values: readonly unknown[]): string | undefined => {
  const parts = values.map(partText);
  if (parts.some((part) => part === undefined || part === '')) return undefined;
  const text = parts.join(',');
  return text.length > MOST_KEY_CHARS || CONTROL.test(text) ? undefined : text;
};

/** Of a record of a batch run: `<deployment>/<run>/<key>`. */
const keyOfId = (id: string, deployment: string): string | undefined => {
  const rest = id.startsWith(`${deployment}/`) ? id.slice(deployment.length + 1) : '';
  const slash = rest.indexOf('/');
  return slash === -1 ? undefined : keyText([rest.slice(slash + 1)]);
};

/** The key of a recorded prediction; undefined for one that has none. */
export const keyOfRecord = (
  { deployment, key, keyInId }: LabelJoin,
  { id, input }: { readonly id: string; readonly input: string },
): string | undefined => {
  if (keyInId) return keyOfId(id, deployment);
  const row = parseJson(input) as Readonly<Record<string, unknown>> | null;
  return row === null || typeof row !== 'object' ? undefined : keyText(key.map((field) => row[field]));
};

/** A key as it is now. Whoever else joins by it waits until the transaction is over. */
export const takeKey = async (
  trx: Transaction<Tables>,
  { deployment, key, keyInId = false }: LabelJoin,
): Promise<LabelKey> => {
  const named = { deployment, fields: JSON.stringify(key) };
  const start = { in_id: keyInId ? 1 : 0, indexed_to: 0, turn: 0, predictions: 0, keyed: 0 };
  const row = await trx
    .insertInto('label_keys')
    .values({ ...named, ...start })
    .onConflict((conflict) =>
      conflict.columns(['deployment', 'fields']).doUpdateSet({ turn: sql<number>`label_keys.turn + 1` }),
    )
    .returning(['id', 'indexed_to', 'predictions', 'keyed'])
    .executeTakeFirstOrThrow();
  return {
    deployment,
    key,
    keyInId,
    id: Number(row.id),
    indexedTo: Number(row.indexed_to),
    predictions: Number(row.predictions),
    keyed: Number(row.keyed),
  };
};
