/** The scheduled query of a deployment's labels: what is new since it was asked last, told once and marked when all of it is told. */
import { parseDuration } from '../../core/duration.ts';
import { fail, problemOf } from '../../core/errors.ts';
import type { Resources } from '../../resources/resources.ts';
import { type ImportedLabels, importLabels } from './import.ts';
import { labelsSettings } from './settings.ts';

/** Held anew after so long, in milliseconds. */
const HOLD_MS = 20_000;
/** How far back the first read goes where nothing is recorded, in milliseconds. */
const FIRST_MS = 30 * 86_400_000;

export interface FeedOptions {
  /** Also when it is not due. */
  readonly now?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads what is new, where that is due and nobody else is at it. One that is cut short is read again: told twice, labels change nothing.
 *
 * @returns undefined where there was nothing to do
 * @throws BAD_PROJECT for a deployment without such a query; what `importLabels` throws
 */
export const readFeed = async (
  resources: Resources,
  deployment: string,
  { now: isNow = false, signal }: FeedOptions = {},
): Promise<ImportedLabels | undefined> => {
  const { project, clock } = resources;
  const settings = labelsSettings(project, deployment);
  const { connection, sql, key, truth = '', every = '1h', overlap = '1h' } = settings ?? {};
  if (connection === undefined || sql === undefined) {
    const expected = 'labels: { connection, sql, key, truth } under a deployment of mode service, stream or batch';
    throw fail('BAD_PROJECT', `The deployment '${deployment}' has no query of labels`, { expected, got: deployment });
  }
  const [feeds, labels] = await Promise.all([resources.labelFeeds(), resources.labels()]);
  const to = clock();
  const taken = await feeds.take(deployment, isNow ? 0 : parseDuration(every, 'every'), to);
  if (taken === undefined) return undefined;
  let held = to.getTime();
  try {
    const first = (await labels.oldest(deployment))?.getTime() ?? to.getTime() - FIRST_MS;
    const from = taken.readTo === undefined ? first : taken.readTo.getTime() - parseDuration(overlap, 'overlap');
    const span = { from, to: to.getTime(), zone: 'UTC' };
    const found = await importLabels(resources, {
      deployment,
      source: { connection, sql, span },
      key,
      truth,
      signal,
      onProgress: () => {
        const now = clock();
        if (now.getTime() - held < HOLD_MS) return;
        held = now.getTime();
        feeds.hold(deployment, now).catch(() => {});
      },
    });
    await feeds.done(deployment, to, clock());
    return found;
  } catch (error) {
    await feeds.failed(deployment, problemOf(error), clock());
    throw error;
  }
};
