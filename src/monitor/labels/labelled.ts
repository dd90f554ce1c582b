/** Predictions of a span of time, each with the label that was told last, in pages. */
import type { Kysely } from 'kysely';
import type { Tables } from '../../store/tables.ts';
import { parseJson } from '../../text/json.ts';
import type { TimeSpan } from '../alerts/finding.ts';
import { SHADOW } from '../comparison/shadow.ts';
import type { LabelledAnswer, Labelling, ServedShare } from './labels.ts';

/** Few enough that nobody else in the process waits long. */
const PAGE_ROWS = 1000;

const valuesOf = (json: string): Readonly<Record<string, unknown>> => {
  const value = parseJson(json);
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
};

/** The packages that have answered in a span, the one with the most answers first. */
export const servedIn = async (
  db: Kysely<Tables>,
  deployment: string,
  { from, to }: TimeSpan,
): Promise<readonly ServedShare[]> => {
  const rows = await db
    .selectFrom('recorded')
    .innerJoin('served', 'served.id', 'recorded.served')
    .select(['served.model', 'served.version', 'served.digest', ({ fn }) => fn.countAll().as('predictions')])
    .where('served.deployment', '=', deployment)
    .where('served.variant', '!=', SHADOW)
    .where('recorded.at', '>=', from)
    .where('recorded.at', '<', to)
    .where('recorded.output', 'is not', null)
    .groupBy(['served.model', 'served.version', 'served.digest'])
    .execute();
  return rows
    .map(({ predictions, ...served }) => ({ ...served, predictions: Number(predictions) }))
    .toSorted((a, b) => b.predictions - a.predictions);
};

export async function* labelledPages(
  db: Kysely<Tables>,
  { deployment, digest, from, to, toldBy }: Parameters<Labelling['answers']>[0],
): AsyncGenerator<readonly LabelledAnswer[]> {
  let after = { at: '', seq: 0 };
  for (;;) {
    const { at: lastAt, seq: lastSeq } = after;
    const rows = await db
      .selectFrom('recorded')
      .innerJoin('served', 'served.id', 'recorded.served')
      .leftJoin('labels', (join) =>
        join.onRef('labels.id', '=', 'recorded.id').on(({ eb, selectFrom }) =>
          eb(
            'labels.seq',
            '=',
            selectFrom('labels as last')
              .select(({ fn }) => fn.max('last.seq').as('seq'))
              .whereRef('last.id', '=', 'recorded.id')
              .$if(toldBy !== undefined, (all) => all.where('last.at', '<=', toldBy?.toISOString() ?? '')),
          ),
        ),
      )
      .select(['recorded.at', 'recorded.seq', 'recorded.input', 'recorded.output', 'labels.truth'])
      .where('served.deployment', '=', deployment)
      .where('served.digest', '=', digest)
      .where('served.variant', '!=', SHADOW)
      .where('recorded.output', 'is not', null)
      .where('recorded.at', '>=', lastAt === '' ? from : lastAt)
      .where('recorded.at', '<', to)
      .where(({ or, eb, and }) =>
        or([eb('recorded.at', '>', lastAt), and([eb('recorded.at', '=', lastAt), eb('recorded.seq', '>', lastSeq)])]),
      )
      .orderBy('recorded.at')
      .orderBy('recorded.seq')
      .limit(PAGE_ROWS)
      .execute();
    yield rows.map(({ input, output, truth }) => ({
      input: valuesOf(input),
      output: valuesOf(output ?? '{}'),
      truth: truth === null ? undefined : valuesOf(truth),
    }));
    const last = rows.at(-1);
    if (rows.length < PAGE_ROWS || last === undefined) return;
    after = { at: last.at, seq: Number(last.seq) };
  }
}
