/** It does not do worse than the version in place, on a table whose truth is known: by the interval of the paired difference. */
import type { Evaluation, MetricFigures } from '../evaluation/evaluation.ts';
import { figureText, intervalText } from '../evaluation/telling.ts';
import type { EvaluationSettings } from '../project/environments.ts';
import type { VerdictNumber } from '../registry/verdict.ts';
import type { EnvironmentGate, GateAnswer, GateVersion } from './gate.ts';

/** How much worse it may be unless given: of figures from 0 to 1 so much, of all others this share of what it is now. */
const OF_SHARES = 0.01;
const OF_OTHERS = 0.02;
const FEWEST_ROWS = 30;

const sumOf = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((a, b) => a + b, 0);

const toleranceOf = ({ name, better, versions: [before] }: MetricFigures, given: number | undefined): number =>
  given ?? (better === 'higher' || name === 'ece' ? OF_SHARES : OF_OTHERS * Math.abs(before.value));

interface JudgedMetric {
  readonly answer: GateAnswer['outcome'];
  readonly told: string;
  readonly numbers: VerdictNumber;
}

/** By how much it is worse, as an interval; what is the same in every row has none, and is known. */
const worseBy = ({ better, difference }: MetricFigures) => {
  if (difference === undefined) return undefined;
  const { value, interval = value === 0 ? { low: 0, high: 0 } : undefined } = difference;
  if (interval === undefined) return undefined;
  return better === 'higher'
    ? { low: -interval.high, high: -interval.low }
    : { low: interval.low, high: interval.high };
};

const judgeMetric = (metric: MetricFigures, output: string, given: number | undefined): JudgedMetric => {
  const { name, versions, difference } = metric;
  const tolerance = toleranceOf(metric, given);
  const worse = worseBy(metric);
  const [before, now] = versions;
  const told = `${name} of ${output} ${figureText(now.value)} against ${figureText(before.value)}`;
  const numbers = {
    output,
    metric: name,
    value: now.value,
    before: before.value,
    difference: difference?.value ?? null,
    difference_low: difference?.interval?.low ?? null,
    difference_high: difference?.interval?.high ?? null,
    tolerance,
  };
  const apart = difference?.interval === undefined ? 'the same' : `${intervalText(difference)} apart`;
  const limits = `${apart}, at most ${figureText(tolerance)} worse`;
  if (worse === undefined) return { answer: 'not enough data', told: `${told}, without an interval`, numbers };
  const answer = worse.high <= tolerance ? 'pass' : worse.low > tolerance ? 'fail' : 'not enough data';
  return { answer, told: `${told} (${limits})`, numbers };
};

export const judgeEvaluation = (
  found: Evaluation,
  settings: Pick<EvaluationSettings, 'metric' | 'tolerance'>,
): GateAnswer => {
  const [first, second] = found.versions;
  const rows = Math.min(...found.targets.map((target) => target.rows));
  const figures = found.targets.map(({ output, kind, metrics }) => {
    const wanted = settings.metric ?? (kind === 'labels' ? 'accuracy' : 'mae');
    const metric = metrics.find(({ name }) => name === wanted);
    return { output, wanted, metric, known: metrics.map(({ name }) => name) };
  });
  const numbers = { file: found.file, rows, against: second === undefined ? null : first.version };
  const unknown = figures.find(({ metric }) => metric === undefined);
  if (unknown !== undefined) {
    const sentence = `${unknown.output} has no ${unknown.wanted}; it has ${unknown.known.join(', ')}`;
    return { outcome: 'not enough data', sentence, numbers };
  }
  const metrics = figures.flatMap(({ output, metric }) => (metric === undefined ? [] : [{ output, metric }]));
  if (second === undefined) {
    const told = metrics.map(
      ({ output, metric }) => `${metric.name} of ${output} ${figureText(metric.versions[0].value)}`,
    );
    const sentence = `${told.join(', ')} on ${rows} rows; there is no version in place that it could be worse than`;
    return { outcome: 'pass', sentence, numbers };
  }
  const more = sumOf(second.refused) - sumOf(first.refused);
  if (more > 0) {
    const sentence = `it refuses ${more} more of ${found.rows} rows than ${first.version}`;
    return {
      outcome: 'fail',
      sentence,
      numbers: { ...numbers, refused_before: first.refused, refused: second.refused },
    };
  }
  if (rows < FEWEST_ROWS) {
    const sentence = `${rows} rows with a truth, of at least ${FEWEST_ROWS}`;
    return { outcome: 'not enough data', sentence, numbers };
  }
  const judged = metrics.map(({ output, metric }) => judgeMetric(metric, output, settings.tolerance));
  const worst = judged.find(({ answer }) => answer === 'fail') ?? judged.find(({ answer }) => answer !== 'pass');
  const sentence = `${judged.map(({ told }) => told).join('; ')} on ${rows} rows`;
  return {
    outcome: worst?.answer ?? 'pass',
    sentence,
    numbers: { ...numbers, figures: judged.map((one) => one.numbers) },
  };
};

export const evaluation: EnvironmentGate<EvaluationSettings> = async (question, settings, world) => {
  const { name, candidate, inPlace } = question;
  const { evaluate } = await import('../evaluation/evaluate.ts');
  const versions: readonly GateVersion[] = inPlace === undefined ? [candidate] : [inPlace, candidate];
  const scorers: { readonly ref: string; readonly scorer: Awaited<ReturnType<GateVersion['scorer']>> }[] = [];
  for (const one of versions) scorers.push({ ref: `${name}@${one.version}`, scorer: await one.scorer() });
  const found = await evaluate(scorers, {
    input: world.placed(settings.in),
    truth: settings.truth,
    positive: settings.positive,
    signal: world.signal,
  });
  return judgeEvaluation({ ...found, file: settings.in }, settings);
};
