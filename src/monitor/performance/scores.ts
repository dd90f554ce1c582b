/**
 * Scores of rows that came true or did not. So many are kept one by one; past that, or where parts are merged to more, they are
 * counted in bins of equal width, and what is told from them is off by no more than a bin.
 */

/** By rising score: how many rows of that score (or bin) came true, and how many did not. */
export interface ScoreTally {
  readonly values: Float64Array;
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
  /** One score a place, not a bin. */
  readonly isExact: boolean;
}

/** Rows whose scores are kept, unless given. */
export const MOST_SCORES = 1_000_000;
/** Of scores from 0 to 1. */
export const SCORE_BINS = 65_536;

interface Scored {
  readonly score: number;
  readonly positive: number;
  readonly negative: number;
}

/** Scores that are the same are one place. */
const gathered = (rows: Iterable<Scored>, size: number, isExact: boolean): ScoreTally => {
  const [values, positives, negatives] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
  let at = -1;
  for (const { score, positive, negative } of rows) {
    if (at < 0 || values[at] !== score) values[++at] = score;
    positives[at] += positive;
    negatives[at] += negative;
  }
  const end = at + 1;
  return {
    values: values.slice(0, end),
    positives: positives.slice(0, end),
    negatives: negatives.slice(0, end),
    isExact,
  };
};

/** Places of scores, by rising score. */
export const orderOf = (scores: Float64Array): Uint32Array =>
  Uint32Array.from(scores, (_, at) => at).sort((a, b) => scores[a] - scores[b]);

const binOf = (score: number): number => Math.min(SCORE_BINS - 1, Math.max(0, Math.floor(score * SCORE_BINS)));

function* places({ values, positives, negatives }: ScoreTally): Generator<Scored> {
  for (let at = 0; at < values.length; at++)
    yield { score: values[at], positive: positives[at], negative: negatives[at] };
}

const binned = (rows: Iterable<Scored>): ScoreTally => {
  const [positives, negatives] = [new Float64Array(SCORE_BINS), new Float64Array(SCORE_BINS)];
  for (const { score, positive, negative } of rows) {
    positives[binOf(score)] += positive;
    negatives[binOf(score)] += negative;
  }
  const all = Array.from(positives, (positive, bin) => ({
    score: (bin + 0.5) / SCORE_BINS,
    positive,
    negative: negatives[bin],
  })).filter(({ positive, negative }) => positive + negative > 0);
  return gathered(all, all.length, false);
};

export const mergeScores = (a: ScoreTally, b: ScoreTally, most: number = MOST_SCORES): ScoreTally => {
  const both = [...places(a), ...places(b)];
  if (!a.isExact || !b.isExact || both.length > most) return binned(both);
  return gathered(
    both.sort((x, y) => x.score - y.score),
    both.length,
    true,
  );
};

export interface ScoresInProgress {
  add(score: number, isPositive: boolean): void;
  tally(): ScoreTally;
}

/** `most` rows are kept one by one. */
export const startScores = (most: number = MOST_SCORES): ScoresInProgress => {
  let room = 1024;
  let scores = new Float64Array(room);
  let truths = new Uint8Array(room);
  let count = 0;
  let bins: { readonly positives: Float64Array; readonly negatives: Float64Array } | undefined;

  const toBins = (score: number, isPositive: boolean): void => {
    bins ??= { positives: new Float64Array(SCORE_BINS), negatives: new Float64Array(SCORE_BINS) };
    (isPositive ? bins.positives : bins.negatives)[binOf(score)]++;
  };
  const grow = (): void => {
    room = Math.min(most, room * 2);
    const [more, longer] = [new Float64Array(room), new Uint8Array(room)];
    more.set(scores);
    longer.set(truths);
    scores = more;
    truths = longer;
  };
  const pour = (): void => {
    for (let at = 0; at < count; at++) toBins(scores[at], truths[at] === 1);
    count = 0;
    scores = new Float64Array(0);
    truths = new Uint8Array(0);
  };
  return {
    add(score, isPositive) {
      if (bins === undefined && count === most) pour();
      if (bins !== undefined || most === 0) return toBins(score, isPositive);
      if (count === room) grow();
      scores[count] = score;
      truths[count] = isPositive ? 1 : 0;
      count++;
    },
    tally() {
      if (bins !== undefined) {
        const { positives, negatives } = bins;
        const all = Array.from(positives, (positive, bin) => ({
          score: (bin + 0.5) / SCORE_BINS,
          positive,
          negative: negatives[bin],
        }));
        return binned(all);
      }
      const kept = scores.subarray(0, count);
      const rows = Array.from(orderOf(kept), (at) => ({
        score: kept[at],
        positive: truths[at],
        negative: 1 - truths[at],
      }));
      return gathered(rows, count, true);
    },
  };
};
