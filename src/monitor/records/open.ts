/** The records in Millrace's store. */
import { fail } from '../../core/errors.ts';
import type { Sql } from '../../store/sql.ts';
import { createAppend } from './append.ts';
import { findRecord, recentRecords } from './find.ts';
import { pruneRecords } from './prune.ts';
import type { Records } from './records.ts';
import { truthText } from './truth.ts';

const noRecord = (id: string) =>
  fail('NOT_FOUND', `There is no record of ${id}: it was not sampled, is not kept any more, or never was.`, {
    expected: 'the id of a recorded prediction',
    got: id.slice(0, 80),
  });

/** Opens the records of a store, which is closed with them. */
export const openRecords = (sql: Sql): Records => ({
  append: createAppend(sql),
  find: (id) => findRecord(sql.db, id),
  recent: (model, most) => recentRecords(sql.db, model, most),
  async label(id, truth, at) {
    const found = await findRecord(sql.db, id);
    if (found === undefined) throw noRecord(id);
    const label = { at: at.toISOString(), truth: truthText(truth, found) };
    await sql.db
      .insertInto('labels')
      .values({ id: found.id, ...label })
      .execute();
    return { ...found, label };
  },
  prune: (retention) => pruneRecords(sql.db, retention),
  close: sql.close,
});
