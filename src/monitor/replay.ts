/** Makes a recorded prediction again, and says whether it is the same, bit for bit. */
import type { Problem } from '../core/errors.ts';
import type { Scorer } from '../core/types.ts';
import { exactJson } from '../text/exact-json.ts';
import { parseJson } from '../text/json.ts';
import type { Kept } from './records/records.ts';

export interface Replayed {
  /** Every number has the same bits, and every text the same characters; of a refusal, code, field and step. */
  readonly same: boolean;
  /** What was answered, and what is answered now; each an output, or a problem. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly now: Readonly<Record<string, unknown>>;
  /** Names of the fields that differ, for an output. */
  readonly differing: readonly string[];
}

const parse = (text: string): Readonly<Record<string, unknown>> => parseJson(text) as Readonly<Record<string, unknown>>;

const refusalOf = ({ code, field, step }: Partial<Problem>): string => JSON.stringify([code, field, step]);

/** `scorer` is the package that the record names. */
export const replay = async (kept: Kept, scorer: Scorer): Promise<Replayed> => {
  const input = parseJson(kept.input);
  const [answer] = await scorer.score([input], { coerce: kept.coerced });
  const before = parse(kept.output ?? kept.error ?? '{}');
  const now = parse(answer.error === undefined ? exactJson(answer.output) : exactJson(answer.error));
  if (kept.error !== undefined || answer.error !== undefined) {
    const same = kept.error !== undefined && answer.error !== undefined && refusalOf(before) === refusalOf(now);
    return { same, before, now, differing: [] };
  }
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const differing = names.filter((name) => exactJson(before[name]) !== exactJson(now[name]));
  return { same: differing.length === 0, before, now, differing };
};
