/** How right a deployment was, by the time of its predictions, and how right it may have been where nobody has told yet. */
import { judgedTargets, judgeRecorded } from '../evaluation/recorded.ts';
import type { EvaluationTarget } from '../evaluation/targets.ts';
import type { TimeSpan } from '../monitor/alerts/finding.ts';
import type { Labelling, ServedShare } from '../monitor/labels/labels.ts';
import { binnedPlaces, ESTIMATE_ASSUMES, estimatedFigures } from '../monitor/performance/estimated.ts';
import { merge, type Profile, timesOf } from '../monitor/profile/profile.ts';
import { type Reference, readReference } from '../monitor/profile/reference.ts';
import type { Profiles } from '../monitor/profiles/profiles.ts';
import type { EstimatedPerformance, Performance } from '../monitor/watch/performance.ts';
import type { Package } from '../package/layout.ts';
import { findAnswerer } from '../resources/answerer.ts';
import type { Resources } from '../resources/resources.ts';

export interface PerformanceWorld {
  readonly labels: Pick<Labelling, 'served' | 'answers'>;
  readonly profiles: Pick<Profiles, 'windows'>;
  /** The very package that answered; undefined where nothing has it any more. */
  readonly packageOf: (
    served: Pick<ServedShare, 'model' | 'digest'>,
  ) => Promise<Pick<Package, 'manifest' | 'files'> | undefined>;
}

export interface PerformanceOptions {
  /** Fields of the input by which predictions are parted, at most three. */
  readonly slices?: readonly string[] | undefined;
  /** The quantile that predicted numbers aim at. */
  readonly quantile?: number | undefined;
}

/** The least, the quartiles and the greatest: places of `quantiles` of a reference. */
const QUARTILES = [2, 3, 4];

/** Bands of numbers that are the same in every window. */
const bandsOf = (
  reference: Reference | undefined,
  slices: readonly string[],
): Readonly<Record<string, readonly number[]>> =>
  Object.fromEntries(
    slices.flatMap((field) => {
      const known = reference?.inputs[field];
      if (known?.kind !== 'number' || known.count === 0) return [];
      return [[field, [known.min, ...QUARTILES.map((at) => known.quantiles[at]), known.max]]];
    }),
  );

/** What is expected of a target with two labels from the scores of a window, where the package knows what they are worth. */
const estimateOf = (
  target: EvaluationTarget,
  reference: Reference | undefined,
  outputs: Profile,
): readonly EstimatedPerformance[] => {
  if (target.kind !== 'labels' || target.labels.length > 2) return [];
  for (const { output } of target.probabilities) {
    const calibration = reference?.truth?.[output]?.calibration;
    const profile = outputs[output];
    if (calibration === undefined || profile?.kind !== 'number' || profile.scores === undefined) continue;
    const told = target.label === undefined ? undefined : outputs[target.label];
    const predicted = told !== undefined && 'counts' in told ? timesOf(told.counts, calibration.label) : undefined;
    const places = binnedPlaces({ counts: profile.scores, calibration, predicted });
    if (places === undefined) continue;
    return [
      {
        output: target.output,
        positive: calibration.label,
        rows: profile.count,
        figures: estimatedFigures(places),
        assumes: ESTIMATE_ASSUMES,
      },
    ];
  }
  return [];
};

/** All that one package has answered in a span, recorded or not, as far as it is counted. */
const outputsIn = async (
  profiles: Pick<Profiles, 'windows'>,
  deployment: string,
  { from, to }: TimeSpan,
  digest: string,
): Promise<Profile> => {
  const [since, until] = [new Date(from), new Date(to)];
  const spans = await profiles.windows(deployment, since, until, until.getTime() - since.getTime());
  return spans.filter((span) => span.digest === digest).reduce((all: Profile, span) => merge(all, span.outputs), {});
};

/**
 * How right a deployment was in a window of its predictions.
 *
 * @throws MillraceError STORE_FAILED; USAGE for more slices than are told apart
 */
export const performanceOf = async (
  { labels, profiles, packageOf }: PerformanceWorld,
  deployment: string,
  window: TimeSpan,
  { slices = [], quantile }: PerformanceOptions = {},
): Promise<Performance> => {
  const none = { deployment, window, served: undefined, predictions: 0, labelled: 0, coverage: 0 };
  const [served] = await labels.served(deployment, window);
  if (served === undefined) return { ...none, targets: [], estimated: [] };
  const found = await packageOf(served);
  if (found === undefined) return { ...none, served, predictions: served.predictions, targets: [], estimated: [] };
  const { manifest } = found;
  const reference = readReference(found.files.get('profile.json'));
  const { digest } = served;
  const pages = labels.answers({ ...window, deployment, digest });
  const recorded = await judgeRecorded(pages, { manifest, slices, quantile, bands: bandsOf(reference, slices) });
  const outputs = await outputsIn(profiles, deployment, window, digest);
  return {
    ...none,
    served,
    ...recorded,
    coverage: recorded.predictions === 0 ? 0 : recorded.labelled / recorded.predictions,
    estimated: judgedTargets(manifest).flatMap((target) => estimateOf(target, reference, outputs)),
  };
};

/** What `performanceOf` needs, of the project. */
export const performanceWorld = async (resources: Resources, deployment: string): Promise<PerformanceWorld> => {
  const [labels, profiles] = await Promise.all([resources.labels(), resources.profiles()]);
  return { labels, profiles, packageOf: (served) => findAnswerer(resources, { deployment, ...served }) };
};
