/** Gives predictions their truths: each once, in the order in which they were told. */
import type { Transaction } from 'kysely';
import { MillraceError } from '../../core/errors.ts';
import type { Tables } from '../../store/tables.ts';
import { truthText } from '../records/truth.ts';
import { inParts } from './parts.ts';

/** A truth on its way to a prediction that is there. */
export interface Given {
  readonly id: string;
  readonly truth: Readonly<Record<string, unknown>>;
}

export interface GivenCounts {
  readonly labelled: number;
  readonly same: number;
  readonly unfit: number;
  readonly firstUnfit?: string | undefined;
}

const YES = /^(?:1|1\.0|true|yes|y|t)$/i;
const NO = /^(?:0|0\.0|false|no|n|f)$/i;

/** A value of a table as the output has it; what cannot be one stays as it is, and is refused by its type. */
const castTo = (output: unknown, value: unknown): unknown => {
  if (typeof output === typeof value || value === null || value === undefined) return value ?? null;
  if (typeof output === 'boolean') return YES.test(String(value)) ? true : NO.test(String(value)) ? false : value;
  if (typeof output === 'number') {
    if (typeof value === 'boolean') return Number(value);
    const text = String(value).trim();
    if (text !== '' && Number.isFinite(Number(text))) return Number(text);
    return YES.test(text) ? 1 : NO.test(text) ? 0 : value;
  }
  return typeof output === 'string' && typeof value !== 'object' ? String(value) : value;
};

interface Known {
  readonly output: string | undefined;
  readonly error: string | undefined;
  last: string | undefined;
}

const knownOf = async (trx: Transaction<Tables>, ids: readonly string[]): Promise<ReadonlyMap<string, Known>> => {
  const found = new Map<string, Known>();
  for (const some of inParts(ids)) {
    const rows = await trx.selectFrom('recorded').select(['id', 'output', 'error']).where('id', 'in', some).execute();
    for (const { id, output, error } of rows)
      found.set(id, { output: output ?? undefined, error: error ?? undefined, last: undefined });
    const told = await trx
      .selectFrom('labels')
      .select(['id', 'truth'])
      .where('id', 'in', some)
      .orderBy('seq')
      .execute();
    for (const { id, truth } of told) {
      const known = found.get(id);
      if (known !== undefined) known.last = truth;
    }
  }
  return found;
};

/** @param dryRun only counts */
export const giveTruths = async (
  trx: Transaction<Tables>,
  given: readonly Given[],
  { at, dryRun = false }: { readonly at: string; readonly dryRun?: boolean | undefined },
): Promise<GivenCounts> => {
  const known = await knownOf(trx, [...new Set(given.map(({ id }) => id))]);
  const rows: { readonly id: string; readonly at: string; readonly truth: string }[] = [];
  let [same, unfit] = [0, 0];
  let firstUnfit: string | undefined;
  for (const { id, truth } of given) {
    const one = known.get(id);
    if (one === undefined) continue;
    try {
      const output = JSON.parse(one.output ?? '{}') as Readonly<Record<string, unknown>>;
      const cast = Object.fromEntries(
        Object.entries(truth).map(([field, value]) => [field, castTo(output[field], value)]),
      );
      const text = truthText(cast, { id, output: one.output, error: one.error });
      if (text === one.last) same++;
      else rows.push({ id, at, truth: text });
      one.last = text;
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error;
      unfit++;
      firstUnfit ??= `${id}: ${error.message}`;
    }
  }
  if (!dryRun) for (const some of inParts(rows)) await trx.insertInto('labels').values(some).execute();
  return { labelled: rows.length, same, unfit, ...(firstUnfit !== undefined && { firstUnfit }) };
};
