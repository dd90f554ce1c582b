/** Which windows have got labels since somebody looked, and when labels were told. */
import { type Kysely, sql } from 'kysely';
import type { Tables } from '../../store/tables.ts';
import type { LabelledHour, TouchedWindows } from './labels.ts';

/** Labels that are looked at together. */
const PAGE_ROWS = 5000;

export const touchedWindows = async (
  db: Kysely<Tables>,
  deployment: string,
  mark: number,
  windowMs: number,
): Promise<TouchedWindows> => {
  const windows = new Set<number>();
  let last = mark;
  for (;;) {
    const page = await db
      .selectFrom('labels')
      .select('seq')
      .where('seq', '>', last)
      .orderBy('seq')
      .limit(PAGE_ROWS)
      .execute();
    const end = page.at(-1)?.seq;
    if (end === undefined) return { windows: [...windows].sort((a, b) => a - b), mark: last };
    const rows = await db
      .selectFrom('labels')
      .innerJoin('recorded', 'recorded.id', 'labels.id')
      .innerJoin('served', 'served.id', 'recorded.served')
      .select('recorded.at')
      .where('served.deployment', '=', deployment)
      .where('labels.seq', '>', last)
      .where('labels.seq', '<=', end)
      .execute();
    for (const { at } of rows) {
      const ms = Date.parse(at);
      windows.add(ms - (ms % windowMs));
    }
    last = Number(end);
  }
};

/** `2026-11-02T09` of a time in ISO 8601. */
const HOUR_CHARS = 13;
const beginOf = (hour: string): number => Date.parse(`${hour}:00:00.000Z`);

export const labelledHours = async (db: Kysely<Tables>, deployment: string): Promise<readonly LabelledHour[]> => {
  const rows = await db
    .selectFrom('labels')
    .innerJoin('recorded', 'recorded.id', 'labels.id')
    .innerJoin('served', 'served.id', 'recorded.served')
    .select([
      sql<string>`substr(recorded.at, 1, ${sql.lit(HOUR_CHARS)})`.as('predicted'),
      sql<string>`substr(labels.at, 1, ${sql.lit(HOUR_CHARS)})`.as('told'),
    ])
    .distinct()
    .where('served.deployment', '=', deployment)
    .execute();
  return rows.map(({ predicted, told }) => ({ predicted: beginOf(predicted), told: beginOf(told) }));
};
