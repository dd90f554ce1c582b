/** Labels in Millrace's store. */
import type { Sql } from '../../store/sql.ts';
import { labelledPages, servedIn } from './labelled.ts';
import { addCounts, type Labelling, NO_LABELS } from './labels.ts';
import { matchLabels } from './match.ts';
import { repeatedIn } from './repeats.ts';
import { tellLabels } from './tell.ts';
import { labelledHours, touchedWindows } from './touched.ts';

/** Labels of one transaction. */
const PART_LABELS = 1000;

/** The labels of a store that others close. */
export const openLabels = (sql: Sql): Labelling => ({
  match: (join, now) => matchLabels(sql, join, now),
  async tell(join, labels, now, dryRun) {
    let counts = NO_LABELS;
    for (let from = 0; from < labels.length; from += PART_LABELS) {
      const part = labels.slice(from, from + PART_LABELS);
      const how = { at: now.toISOString(), dryRun };
      counts = addCounts(counts, await sql.db.transaction().execute((trx) => tellLabels(trx, join, part, how)));
    }
    return counts;
  },
  async joins(deployment) {
    const rows = await sql.db
      .selectFrom('label_keys')
      .select(['fields', 'in_id'])
      .where('deployment', '=', deployment)
      .execute();
    return rows.map(({ fields, in_id }) => ({ deployment, key: JSON.parse(fields), keyInId: in_id === 1 }));
  },
  repeats: (join, span) => repeatedIn(sql.db, join, span),
  served: (deployment, span) => servedIn(sql.db, deployment, span),
  answers: (of) => labelledPages(sql.db, of),
  async oldest(deployment) {
    const first = await sql.db
      .selectFrom('recorded')
      .innerJoin('served', 'served.id', 'recorded.served')
      .select('recorded.at')
      .where('served.deployment', '=', deployment)
      .orderBy('recorded.at')
      .limit(1)
      .executeTakeFirst();
    return first && new Date(first.at);
  },
  touched: (deployment, mark, windowMs) => touchedWindows(sql.db, deployment, mark, windowMs),
  labelledHours: (deployment) => labelledHours(sql.db, deployment),
});
