/** The composition root for Node: the one place that knows every part. */
import { fail } from './core/errors.ts';
import type { Scorer } from './core/types.ts';
import type { Deployed } from './deployments/at-work.ts';
import type { Deployments } from './deployments/deployments.ts';
import type { Inspected } from './deployments/inspect.ts';
import type { FeedOptions } from './deployments/labelling/feed.ts';
import type { ImportedLabels, ImportLabelsOptions } from './deployments/labelling/import.ts';
import type { Monitor } from './deployments/monitor.ts';
import type { OnceOptions } from './deployments/once.ts';
import type { RolloutControl } from './deployments/rollouts/control.ts';
import type { DeployOptions } from './deployments/starters.ts';
import type { Diff } from './diff/diff.ts';
import type { EvaluateOptions } from './evaluation/evaluate.ts';
import type { Evaluation } from './evaluation/evaluation.ts';
import type { HeaderOptions } from './export/c/header.ts';
import type { BatchDeployments } from './modes/batch/batch.ts';
import type { DiffOptions } from './resources/diff.ts';
import type { AskedMove, GateReport, Promoted, Promotion } from './resources/promote.ts';
import type { ReplayOptions, replayRecorded } from './resources/replay.ts';
import { createResources, type ResourceOptions, type Resources } from './resources/resources.ts';
import type { SafeOptions } from './workers/safely.ts';

export type AppOptions = ResourceOptions;

/** Everything that the command line can do, for programs. */
export interface App extends Resources {
  /** The package that a reference means, made ready by `loadSafely`; the caller closes it. @throws what both throw */
  scorer(ref: string, options?: SafeOptions): Promise<Scorer>;
  /** The same for `predict`: its rows are counted as those of other modes. @throws BAD_PROJECT for a deployment that is not there */
  once(ref: string, options?: OnceOptions): Promise<Scorer>;
  /**
   * Lets an environment point at what a reference to the registry means, once its gates let that in (docs/PROMOTION.md), and it is
   * proven or known to be safe: whatever follows the environment loads it at once. `Registry.promote` alone proves nothing.
   *
   * @throws GATE_REFUSED with a line for each gate that keeps it out; USAGE, FORBIDDEN, UNKNOWN_ENVIRONMENT; what `prove`,
   * `Registry.resolve` and `Registry.promote` throw
   */
  promote(ref: string, move: Promotion): Promise<Promoted>;
  /** What the gates of an environment say of a version; nothing is moved. @throws what `promote` throws before it moves */
  askGates(ref: string, move: AskedMove): Promise<GateReport>;
  /** How two versions differ, and how they answer the same rows. @throws what `open` throws; BAD_FILE, FILE_NOT_FOUND and USAGE for rows */
  diff(refs: readonly [string, string], options?: DiffOptions): Promise<Diff>;
  /** All that is known of a package here. @throws what `open` throws */
  inspect(ref: string): Promise<Inspected>;
  /**
   * A package as one header in C99 (docs/C.md).
   *
   * @throws NOT_EXPORTABLE for what C would answer otherwise; USAGE for a prefix that is no name; what `open` throws
   */
  exportC(ref: string, options?: HeaderOptions): Promise<string>;
  /**
   * Makes a recorded prediction again.
   *
   * @throws NOT_FOUND for an id without a record; UNKNOWN_VERSION without the package; what opening and loading it throw
   */
  replay(id: string, options?: ReplayOptions): ReturnType<typeof replayRecorded>;
  /**
   * Holds one version, or two beside each other, against what came true in a table (docs/EVALUATE.md).
   *
   * @throws USAGE, BAD_FILE and FILE_NOT_FOUND for a table or columns that do not fit; what `scorer` throws
   */
  evaluate(refs: readonly string[], options: EvaluateOptions & SafeOptions): Promise<Evaluation>;
  /**
   * Tells recorded predictions what came true, from a table (docs/LABELS.md).
   *
   * @throws what `labelsMeant` throws; BAD_FILE, FILE_NOT_FOUND and BAD_SOURCE for a table that cannot be read
   */
  importLabels(options: ImportLabelsOptions): Promise<ImportedLabels>;
  /** Reads what is new by a deployment's own query of labels. @throws BAD_PROJECT where it has none; what `importLabels` throws */
  readLabels(deployment: string, options?: FeedOptions): Promise<ImportedLabels | undefined>;
  /** What watches the project's deployments, the same on every call. @throws what `registry` throws */
  monitor(): Promise<Monitor>;
  /** Candidates beside the stable versions of deployments (docs/ROLLOUTS.md). */
  rollout(): Promise<RolloutControl>;
  /** Batch deployments of the project, the same on every call. */
  batch(): Promise<BatchDeployments>;
  /** What is deployed in this process, together: nothing until it is started. The caller stops it before `close`. */
  deployments(options?: DeployOptions): Promise<Deployments>;
  /** Puts one deployment of the project to work; the caller stops it before `close`. @throws what `Deployments.start` throws */
  start(name: string, options?: DeployOptions): Promise<Deployed>;
}

/** @throws BAD_PROJECT or FILE_NOT_FOUND for the project's file. */
export const createApp = (options: AppOptions): App => {
  const resources = createResources(options);
  const { open, loadSafely } = resources;
  const deployments: App['deployments'] = async (how) => {
    const { createDeployments } = await import('./deployments/deployments.ts');
    return createDeployments(resources, how);
  };
  let monitor: Promise<Monitor> | undefined;
  let batch: Promise<BatchDeployments> | undefined;
  return {
    ...resources,
    scorer: async (ref, how) => loadSafely(await open(ref), how),
    once: async (ref, how) => (await import('./deployments/once.ts')).openOnce(resources, ref, how),
    promote: async (ref, move) => (await import('./resources/promote.ts')).promoteProven(resources, ref, move),
    askGates: async (ref, move) => (await import('./resources/promote.ts')).askGates(resources, ref, move),
    diff: async (refs, how) => (await import('./resources/diff.ts')).diffRefs(resources, refs, how),
    inspect: async (ref) => (await import('./deployments/inspect.ts')).inspect(resources, ref),
    exportC: async (ref, how) => {
      const { writeHeader } = await import('./export/c/header.ts');
      const found = await open(ref);
      return writeHeader(found, () => loadSafely(found), how);
    },
    evaluate: async (refs, how) => {
      const { evaluate } = await import('./evaluation/evaluate.ts');
      const scorers: { readonly ref: string; readonly scorer: Scorer }[] = [];
      try {
        for (const ref of refs) scorers.push({ ref, scorer: await loadSafely(await open(ref), how) });
        return await evaluate(scorers, how);
      } finally {
        for (const { scorer } of scorers) await scorer.close();
      }
    },
    replay: async (id, how) => (await import('./resources/replay.ts')).replayRecorded(resources, id, how),
    deployments,
    start: async (name, how) => {
      const { start, running } = await deployments(how);
      await start([name]);
      const [one] = running;
      if (one === undefined) throw fail('INTERNAL', 'what was started is not there');
      return one;
    },
    importLabels: async (how) => (await import('./deployments/labelling/import.ts')).importLabels(resources, how),
    readLabels: async (name, how) => (await import('./deployments/labelling/feed.ts')).readFeed(resources, name, how),
    monitor: () => {
      monitor ??= import('./deployments/monitor.ts').then(({ openMonitor }) => openMonitor(resources));
      return monitor;
    },
    rollout: async () => (await import('./deployments/rollouts/control.ts')).openControl(resources),
    batch: () => {
      batch ??= import('./deployments/batch.ts').then(({ openBatch }) => openBatch(resources));
      return batch;
    },
  };
};
