/** One model in service: checked on its golden examples, warmed, and given a queue of its own. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sampleRow } from '../../core/sample-row.ts';
import type { Example, Manifest, Scorer } from '../../core/types.ts';
import { type Reference, readReference } from '../../monitor/profile/reference.ts';
import type { Package } from '../../package/layout.ts';
import type { Opening } from '../../serving/live.ts';
import { STABLE, type Variant } from '../../serving/route.ts';
import type { ModelSource } from '../../serving/source.ts';
import { warm } from '../../serving/warm.ts';
import { type Batcher, createBatcher } from './batcher.ts';
import { type Decided, decide, type IsolatedPool, type IsolateOptions, type Isolation } from './isolation.ts';
import type { ModelRun } from './job.ts';
import type { Limits } from './limits.ts';
import { type TensorSignature, tensorSignature } from './oip/signature.ts';
import type { Routing } from './rollouts/routing.ts';

/** Where packages come from, and processes for them. */
export interface ServiceSource extends ModelSource {
  /** Makes it ready to score in processes of its own; where it is missing, all models run inline. @throws BAD_MODEL, WORKER_LOST */
  isolate?(options: IsolateOptions): Promise<IsolatedPool>;
}

/** All that is known of a model, loaded or not. */
export interface Card {
  readonly ref: string;
  /** The deployment that it answers for, if it is one's. */
  readonly deployment: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  /** What it is to the rows that it answers. */
  readonly variant: Variant;
  /** The rollout within which it answers as a candidate. */
  readonly experiment?: string | undefined;
  readonly manifest: Manifest;
  /** What its training data looked like, where the package says. */
  readonly reference: Reference | undefined;
  readonly tensors: TensorSignature;
  readonly examples: readonly Example[];
  /** Bytes of the package's files. */
  readonly bytes: number;
  /** By how much the process grew when the model was loaded. */
  readonly memoryBytes: number;
  /** Milliseconds from the reference to the first answers. */
  readonly loadMs: number;
  /** Milliseconds that one row takes, alone and warm. */
  readonly rowMs: number;
  readonly isolation: Decided;
}

export interface Model extends Card {
  /** Who else answers in its place, while there is a rollout. */
  readonly routing: Routing<Model>;
  readonly scorer: Scorer;
  readonly batcher: Batcher;
  /** Its processes, when it has some of its own. */
  readonly pool?: IsolatedPool | undefined;
  /** Resolves when nothing waits for it any more, once nobody can get it. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface LoadModelOptions {
  readonly source: ServiceSource;
  readonly limits: Limits;
  readonly onRun?: (model: Card, run: ModelRun) => void;
  /** `auto` unless given. */
  readonly isolation?: Isolation | undefined;
  /** Processes of a model that does not run inline; one unless given. */
  readonly workers?: number | undefined;
  readonly onWorkerLost?: ((ref: string, pid: number | undefined, how: string) => void) | undefined;
}

const WARM_RUNS = 15;
const WARM_BUDGET_MS = 200;

/** Runs one row until the time it takes has settled; the median in milliseconds. */
export const measureRow = async (scorer: Scorer, { examples, manifest }: Pick<Package, 'examples' | 'manifest'>) => {
  const row = examples[0]?.input ?? sampleRow(manifest.inputs);
  const times: number[] = [];
  const until = performance.now() + WARM_BUDGET_MS;
  while (times.length < WARM_RUNS && performance.now() < until) {
    const began = performance.now();
    await scorer.score([row]);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
};

interface Settled {
  readonly scorer: Scorer;
  readonly rowMs: number;
  readonly pool?: IsolatedPool;
}

/** Checks the answers of a scorer, which are its first ones too, and how long it takes; closes one that fails. */
const measured = async (scorer: Scorer, found: Package): Promise<Settled> => {
  await warm(scorer, found);
  try {
    return { scorer, rowMs: await measureRow(scorer, found) };
  } catch (error) {
    await scorer.close();
    throw error;
  }
};

/** A scorer where it shall run: in processes of its own when it is not known to be safe, or takes long. */
const settle = async (ref: string, found: Package, opening: Opening, options: LoadModelOptions): Promise<Settled> => {
  const { source, isolation = 'auto', workers = 1, onWorkerLost } = options;
  const isolate = async (): Promise<Settled | undefined> => {
    const onLost = (pid: number | undefined, how: string): void => onWorkerLost?.(ref, pid, how);
    const pool = await source.isolate?.({ found, size: workers, onLost });
    return pool && { ...(await measured(pool.scorer, found)), pool };
  };
  if (isolation === 'workers' || (isolation === 'auto' && opening.risk !== undefined)) {
    const isolated = await isolate();
    if (isolated) return isolated;
  }
  const inline = await measured(await source.load(found, opening.signal), found);
  if (decide(isolation, inline.rowMs) === 'inline' || source.isolate === undefined) return inline;
  await inline.scorer.close();
  return { ...inline, ...(await isolate()), rowMs: inline.rowMs };
};

/** As what a package is loaded. */
export interface LoadedAs extends Pick<Card, 'ref' | 'experiment'>, Partial<Pick<Card, 'deployment' | 'variant'>> {
  /** That of its place; of its own, where nobody else will answer, unless given. */
  readonly routing?: Routing<Model>;
}

/** Makes a package ready to answer. @throws EXAMPLE_OFF, and what `source` throws */
export const loadModel = async (
  { ref, deployment, variant = STABLE, experiment, routing = { active: undefined } }: LoadedAs,
  found: Package,
  opening: Opening,
  options: LoadModelOptions,
): Promise<Model> => {
  const { limits, onRun } = options;
  const { scorer, rowMs, pool } = await settle(ref, found, opening, options);
  try {
    const { manifest, examples } = found;
    const card: Card = {
      ref,
      deployment,
      name: manifest.name,
      version: manifest.version,
      digest: found.digest,
      variant,
      experiment,
      manifest,
      reference: readReference(found.files.get('profile.json')),
      tensors: tensorSignature(scorer),
      examples,
      bytes: [...found.files.values()].reduce((sum, file) => sum + file.length, found.weights?.size ?? 0),
      memoryBytes: Math.max(0, process.memoryUsage.rss() - opening.memoryBytes) + (pool?.memoryBytes ?? 0),
      loadMs: performance.now() - opening.began,
      rowMs,
      isolation: pool ? 'workers' : 'inline',
    };
    const batcher = createBatcher({ scorer, limits, lanes: pool?.size ?? 1, onRun: (run) => onRun?.(card, run) });
    // Who got it in this turn of the event loop has put its request into the queue by the next one.
    const idle = () => nextTurn().then(batcher.idle);
    return { ...card, routing, scorer, batcher, pool, idle, close: scorer.close };
  } catch (error) {
    await scorer.close();
    throw error;
  }
};
