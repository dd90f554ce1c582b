/** Verdicts in the store: with the move that rests on them, or of a comparison that is over. */
import type { Kysely } from 'kysely';
import type { Tables } from '../store/tables.ts';
import type { VerdictRow } from '../store/verdict-tables.ts';
import type { FinishedComparison, Registry, Resolved } from './types.ts';
import { unknownVersion } from './unknown.ts';
import type { ComparisonVerdict, Verdict } from './verdict.ts';

/** What verdicts are about, and what they stand with. */
export type VerdictPlace = Pick<VerdictRow, 'name' | 'version' | 'against' | 'move' | 'comparison'>;

/** What was stored as a verdict is one. */
const verdictOf = ({ asked, about, outcome, sentence, numbers, at }: Omit<VerdictRow, 'id'>): Verdict =>
  ({ asked, about, outcome, sentence, numbers: JSON.parse(numbers), at }) as Verdict;

export const insertVerdicts = async (
  db: Kysely<Tables>,
  place: VerdictPlace,
  verdicts: readonly Verdict[],
): Promise<void> => {
  if (verdicts.length === 0) return;
  const rows = verdicts.map(({ asked, about, outcome, sentence, numbers, at }) => {
    return { ...place, asked, about, outcome, sentence, numbers: JSON.stringify(numbers), at };
  });
  await db.insertInto('verdicts').values(rows).execute();
};

/** Of all moves of a model, by the move. */
export const verdictsOfMoves = async (
  db: Kysely<Tables>,
  name: string,
): Promise<ReadonlyMap<number, readonly Verdict[]>> => {
  const query = db.selectFrom('verdicts').selectAll().where('name', '=', name).where('move', 'is not', null);
  const found = new Map<number, Verdict[]>();
  for (const row of await query.orderBy('id').execute()) {
    const move = Number(row.move);
    found.set(move, [...(found.get(move) ?? []), verdictOf(row)]);
  }
  return found;
};

/** What is kept of comparisons. */
export const createComparisons = (db: Kysely<Tables>): Pick<Registry, 'keepComparison' | 'comparisons'> => {
  const need = async (name: string, versions: readonly string[]): Promise<void> => {
    const rows = await db.selectFrom('versions').select('version').where('name', '=', name).execute();
    const known = rows.map(({ version }) => version);
    const missing = versions.find((version) => !known.includes(version));
    if (missing !== undefined) throw unknownVersion(name, missing, known);
  };
  return {
    async keepComparison({ name, version, against, comparison, verdicts }) {
      await need(name, [version, against]);
      await insertVerdicts(db, { name, version, against, comparison, move: null }, verdicts);
    },
    async comparisons({ name, version }: Omit<Resolved, 'digest'>) {
      const query = db.selectFrom('verdicts').selectAll().where('name', '=', name).where('version', '=', version);
      const rows = await query.where('asked', '=', 'comparison').where('move', 'is', null).orderBy('id').execute();
      const parts = Map.groupBy(rows, ({ comparison, against }) => JSON.stringify([comparison, against]));
      return [...parts.values()].reverse().map((part): FinishedComparison => {
        const [{ comparison, against }] = part;
        const verdicts = part.map((row) => verdictOf(row) as ComparisonVerdict);
        return { comparison: comparison ?? '', name, version, against: against ?? '', verdicts };
      });
    },
  };
};
