/** The last recorded rows, answered by it and by the version in place: it refuses none that is answered today, and differs so much. */
import { type AnswersDiff, diffAnswers } from '../diff/answers.ts';
import { answerRecorded } from '../diff/rows.ts';
import { differenceText } from '../diff/telling.ts';
import type { ReplaySettings } from '../project/environments.ts';
import type { VerdictNumbers } from '../registry/verdict.ts';
import { type EnvironmentGate, type GateAnswer, nothingInPlace } from './gate.ts';

const ROWS = 1000;
/** Fewer are too few to say anything of. */
const LEAST_ROWS = 20;
/** Parts that are kept with a verdict: the most changed. */
const MOST_PARTS = 30;

const sumOf = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

export const judgeReplay = (diff: AnswersDiff, against: string, most: number | undefined): GateAnswer => {
  const { rows, changed, refused_now, parts } = diff;
  const numbers: VerdictNumbers = JSON.parse(JSON.stringify({ against, ...diff, parts: parts.slice(0, MOST_PARTS) }));
  const answered = rows - diff.refused_by_both;
  if (answered < LEAST_ROWS) {
    const sentence = `${answered} recorded rows, of at least ${LEAST_ROWS} (record: in the deployment)`;
    return { outcome: 'not enough data', sentence, numbers };
  }
  const refused = sumOf(refused_now);
  if (refused > 0) {
    const codes = Object.entries(refused_now).map(([code, times]) => `${code} ${times}`);
    const sentence = `it refuses ${refused} of ${rows} recorded rows that ${against} answers: ${codes.join(', ')}`;
    return { outcome: 'fail', sentence, numbers };
  }
  const told = differenceText(diff);
  const share = changed / answered;
  if (most !== undefined && share > most) {
    return { outcome: 'fail', sentence: `${told}; at most ${most * 100} % may be answered otherwise`, numbers };
  }
  return { outcome: 'pass', sentence: told, numbers };
};

export const replay: EnvironmentGate<ReplaySettings> = async (question, { rows: most = ROWS, changed, by }, world) => {
  const { name, candidate, inPlace } = question;
  if (inPlace === undefined) return nothingInPlace(question);
  const predictions = await world.recorded(name, most);
  const scorers = [await inPlace.scorer(), await candidate.scorer()] as const;
  const { rows, partings } = await answerRecorded(predictions, scorers, { by, signal: world.signal });
  return judgeReplay(diffAnswers(rows, partings), inPlace.version, changed);
};
