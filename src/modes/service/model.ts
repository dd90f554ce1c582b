/** One model in service: opened, checked on its golden examples, warmed, and given a queue of its own. */
import { fail } from '../../core/errors.ts';
import { sampleRow } from '../../core/sample-row.ts';
import type { Example, Manifest, Scorer } from '../../core/types.ts';
import { checkExamples } from '../../package/golden.ts';
import type { Package } from '../../package/layout.ts';
import { riskOf } from '../../package/risk.ts';
import { type Batcher, createBatcher } from './batcher.ts';
import { type Decided, decide, type IsolateOptions, type Isolation, type Pool } from './isolation.ts';
import type { Run } from './job.ts';
import type { Limits } from './limits.ts';
import { type TensorSignature, tensorSignature } from './oip/signature.ts';

/** Where packages come from; the service itself knows no registry and no disk. */
export interface ModelSource {
  /** The package that a reference means. @throws MillraceError */
  open(ref: string): Promise<Package>;
  /** Makes it ready to score. @throws MillraceError */
  load(found: Package): Promise<Scorer>;
  /** Proves one that is not known to be safe in another process, before it is loaded anywhere here. @throws MillraceError */
  prove?(found: Package): Promise<void>;
  /** Makes it ready to score in processes of its own; where it is missing, all models run inline. @throws MillraceError */
  isolate?(options: IsolateOptions): Promise<Pool>;
  /** What a reference that may move means now, cheaply; undefined for one that never moves. @throws MillraceError */
  resolve?(ref: string): Promise<{ readonly version: string; readonly digest: string } | undefined>;
}

/** All that is known of a model, loaded or not. */
export interface Card {
  readonly ref: string;
  /** The deployment that it answers for, if it is one's. */
  readonly deployment: string | undefined;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly manifest: Manifest;
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
  readonly scorer: Scorer;
  readonly batcher: Batcher;
  /** Its processes, when it has some of its own. */
  readonly pool?: Pool | undefined;
}

export interface LoadOptions {
  readonly source: ModelSource;
  readonly limits: Limits;
  readonly onRun?: (model: Card, run: Run) => void;
  /** `auto` unless given. */
  readonly isolation?: Isolation | undefined;
  /** Processes of a model that does not run inline; one unless given. */
  readonly workers?: number | undefined;
  readonly onWorkerLost?: ((ref: string, pid: number | undefined, how: string) => void) | undefined;
}

/** Throws EXAMPLE_OFF when a golden example gives another answer here than it should. */
const checkGolden = async (scorer: Scorer, examples: readonly Example[]): Promise<void> => {
  const [off] = await checkExamples(scorer, examples);
  if (off === undefined) return;
  const { name, version } = scorer.manifest;
  const place = `example ${off.example}${off.field && `, ${off.field}`}`;
  throw fail('EXAMPLE_OFF', `${name}@${version} is not served: ${place}: expected ${off.expected}, got ${off.got}.`, {
    field: off.field,
    expected: String(off.expected),
    got: String(off.got),
  });
};

const warmRuns = 15;
const warmBudgetMs = 200;

/** Runs one row until the time it takes has settled; the median in milliseconds. */
export const measureRow = async (scorer: Scorer, { examples, manifest }: Pick<Package, 'examples' | 'manifest'>) => {
  const row = examples[0]?.input ?? sampleRow(manifest.inputs);
  const times: number[] = [];
  const until = performance.now() + warmBudgetMs;
  while (times.length < warmRuns && performance.now() < until) {
    const began = performance.now();
    await scorer.score([row]);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
};

interface Proved {
  readonly scorer: Scorer;
  readonly rowMs: number;
  readonly pool?: Pool;
}

/** Checks the answers of a scorer, which are its first ones too, and how long it takes; closes one that fails. */
const prove = async (scorer: Scorer, found: Package): Promise<Proved> => {
  try {
    await checkGolden(scorer, found.examples);
    return { scorer, rowMs: await measureRow(scorer, found) };
  } catch (error) {
    await scorer.close();
    throw error;
  }
};

/**
 * A scorer where it shall run: in processes of its own when it is not known to be safe, or takes long. What is not known to
 * be safe has been proven in another process before, wherever it shall run.
 */
const settle = async (ref: string, found: Package, options: LoadOptions): Promise<Proved> => {
  const { source, isolation = 'auto', workers = 1, onWorkerLost } = options;
  const isSafe = riskOf(found) === undefined;
  if (!isSafe) await source.prove?.(found);
  const isolate = async (): Promise<Proved | undefined> => {
    const onLost = (pid: number | undefined, how: string): void => onWorkerLost?.(ref, pid, how);
    const pool = await source.isolate?.({ found, size: workers, onLost });
    return pool && { ...(await prove(pool.scorer, found)), pool };
  };
  if (isolation === 'workers' || (isolation === 'auto' && !isSafe)) {
    const isolated = await isolate();
    if (isolated) return isolated;
  }
  const inline = await prove(await source.load(found), found);
  if (decide(isolation, inline.rowMs) === 'inline' || source.isolate === undefined) return inline;
  await inline.scorer.close();
  return { ...inline, ...(await isolate()), rowMs: inline.rowMs };
};

/** Opens what a reference means and makes it ready to answer. @throws MillraceError EXAMPLE_OFF, and what `source` throws */
export const loadModel = async (
  { ref, deployment }: Pick<Card, 'ref'> & Partial<Pick<Card, 'deployment'>>,
  options: LoadOptions,
): Promise<Model> => {
  const { source, limits, onRun } = options;
  const began = performance.now();
  const before = process.memoryUsage.rss();
  const found = await source.open(ref);
  const { scorer, rowMs, pool } = await settle(ref, found, options);
  try {
    const { manifest, examples } = found;
    const card: Card = {
      ref,
      deployment,
      name: manifest.name,
      version: manifest.version,
      digest: found.digest,
      manifest,
      tensors: tensorSignature(scorer),
      examples,
      bytes: [...found.files.values()].reduce((sum, file) => sum + file.length, 0),
      memoryBytes: Math.max(0, process.memoryUsage.rss() - before) + (pool?.memoryBytes ?? 0),
      loadMs: performance.now() - began,
      rowMs,
      isolation: pool ? 'workers' : 'inline',
    };
    const batcher = createBatcher({ scorer, limits, lanes: pool?.size ?? 1, onRun: (run) => onRun?.(card, run) });
    return { ...card, scorer, batcher, pool };
  } catch (error) {
    await scorer.close();
    throw error;
  }
};
