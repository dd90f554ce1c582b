/** Rows whose id came before: exact, of what is recorded, by the index in which labels find their predictions. */
import type { Kysely } from 'kysely';
import type { Tables } from '../../store/tables.ts';
import type { TimeSpan } from '../alerts/finding.ts';
import type { LabelJoin, RepeatedIds } from './labels.ts';

/** How long before a row another of its id counts, in milliseconds. */
const RECENT_MS = 7 * 86_400_000;
/** Records that are looked at together, and of a span: the first of it. */
const PAGE_ROWS = 2000;
const MOST_ROWS = 200_000;

export const repeatedIn = async (
  db: Kysely<Tables>,
  { deployment, key }: LabelJoin,
  { from, to }: TimeSpan,
): Promise<RepeatedIds> => {
  const recent = new Date(Date.parse(from) - RECENT_MS).toISOString();
  let [rows, repeated, last, place] = [0, 0, '', 0];
  while (rows < MOST_ROWS) {
    const page = await db
      .selectFrom('recorded')
      .innerJoin('served', 'served.id', 'recorded.served')
      .innerJoin('keyed_predictions as keyed', 'keyed.id', 'recorded.id')
      .innerJoin('label_keys', 'label_keys.id', 'keyed.label_key')
      .select(['recorded.at', 'recorded.seq'])
      .select(({ exists, selectFrom }) =>
        exists(
          selectFrom('keyed_predictions as other')
            .innerJoin('recorded as before', 'before.id', 'other.id')
            .select('other.id')
            .whereRef('other.label_key', '=', 'keyed.label_key')
            .whereRef('other.value', '=', 'keyed.value')
            .where('before.at', '>=', recent)
            .where(({ and, or, eb, ref }) =>
              or([
                eb('before.at', '<', ref('recorded.at')),
                and([eb('before.at', '=', ref('recorded.at')), eb('before.seq', '<', ref('recorded.seq'))]),
              ]),
            ),
        ).as('is_repeated'),
      )
      .where('served.deployment', '=', deployment)
      .where('label_keys.deployment', '=', deployment)
      .where('label_keys.fields', '=', JSON.stringify(key))
      .where('recorded.at', '>=', from)
      .where('recorded.at', '<', to)
      .where(({ and, or, eb }) =>
        or([eb('recorded.at', '>', last), and([eb('recorded.at', '=', last), eb('recorded.seq', '>', place)])]),
      )
      .orderBy('recorded.at')
      .orderBy('recorded.seq')
      .limit(PAGE_ROWS)
      .execute();
    const end = page.at(-1);
    if (end === undefined) break;
    rows += page.length;
    repeated += page.filter(({ is_repeated }) => Boolean(is_repeated)).length;
    [last, place] = [end.at, Number(end.seq)];
  }
  return { of: key, rows, repeated };
};
