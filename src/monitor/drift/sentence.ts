/** A judgement in one sentence: "distance is 0.3 sd higher since Tuesday; predictions are not yet affected". */
import type { FieldJudgement, Judgement } from './judgement.ts';

export interface SentenceTimes {
  /** When it began; nothing is said of that unless given. */
  readonly since?: Date | undefined;
  readonly now?: Date | undefined;
}

const DAY_MS = 24 * 3_600_000;
const SHOWN = 3;

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** In UTC: an hour of today, a day of this week, else a date. */
const sinceWords = ({ since, now }: SentenceTimes): string => {
  if (since === undefined) return '';
  const text = since.toISOString();
  if (now === undefined) return ` since ${text.slice(0, 10)}`;
  if (now.toISOString().slice(0, 10) === text.slice(0, 10)) return ` since ${text.slice(11, 16)}`;
  const age = now.getTime() - since.getTime();
  return ` since ${age < 6 * DAY_MS ? days[since.getUTCDay()] : text.slice(0, 10)}`;
};

const isWord: Readonly<Record<NonNullable<FieldJudgement['because']>, string>> = {
  shape: 'is ',
  labels: 'has ',
  missing: 'is ',
  range: 'has ',
  unseen: 'has ',
};

const one = ({ field, because, words }: FieldJudgement): string => `${field} ${because ? isWord[because] : ''}${words}`;

const listed = (fields: readonly FieldJudgement[]): string => {
  const shown = fields.slice(0, SHOWN).map(one).join(', ');
  const more = fields.length - SHOWN;
  return more > 0 ? `${shown}, and ${more} more` : shown;
};

export const sentenceOf = (
  { state, rows, leastRows, baseline, fields }: Judgement,
  times: SentenceTimes = {},
): string => {
  if (state === 'not compared') return 'nothing can be compared: the package has no reference';
  if (state === 'few rows') return `too few rows yet: ${rows} of ${leastRows}`;
  if (state === 'steady') return `steady, as ${baseline}`;
  const drifting = fields.filter((field) => field.state === 'drift');
  const [outputs, inputs] = [drifting.filter(({ is }) => is === 'output'), drifting.filter(({ is }) => is === 'input')];
  const since = sinceWords(times);
  if (outputs.length === 0) {
    const hasOutputs = fields.some(({ is, state: its }) => is === 'output' && its === 'steady');
    return `${listed(inputs)}${since}${hasOutputs ? '; predictions are not yet affected' : ''}`;
  }
  const changed = inputs.length === 0 ? 'no input has changed with it' : listed(inputs);
  return `${listed(outputs)}${since}; ${changed}`;
};
