/** One model in service: opened, checked on its golden examples, warmed, and given a queue of its own. */
import { fail } from '../../core/errors.ts';
import type { Example, Manifest, Scorer } from '../../core/types.ts';
import { checkExamples } from '../../package/golden.ts';
import type { Package } from '../../package/layout.ts';
import { type Batcher, createBatcher, type Run } from './batcher.ts';
import type { Limits } from './limits.ts';
import { type TensorSignature, tensorSignature } from './oip/signature.ts';
import { sampleRow } from './sample-row.ts';

/** Where packages come from; the service itself knows no registry and no disk. */
export interface ModelSource {
  /** The package that a reference means. @throws MillraceError */
  open(ref: string): Promise<Package>;
  /** Makes it ready to score. @throws MillraceError */
  load(found: Package): Promise<Scorer>;
  /** What a reference that may move means now, cheaply; undefined for one that never moves. @throws MillraceError */
  resolve?(ref: string): Promise<{ readonly version: string; readonly digest: string } | undefined>;
}

/** All that is known of a model, loaded or not. */
export interface Card {
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly manifest: Manifest;
  readonly tensors: TensorSignature;
  readonly examples: readonly Example[];
  /** Integers past 2^53 may come in, or go out: it has 64-bit tensors. */
  readonly wide: { readonly inputs: boolean; readonly outputs: boolean };
  /** Bytes of the package's files. */
  readonly bytes: number;
  /** By how much the process grew when the model was loaded. */
  readonly memoryBytes: number;
  /** Milliseconds from the reference to the first answers. */
  readonly loadMs: number;
  /** Milliseconds that one row takes, alone and warm. */
  readonly rowMs: number;
}

export interface Model extends Card {
  readonly scorer: Scorer;
  readonly batcher: Batcher;
}

export interface LoadOptions {
  readonly source: ModelSource;
  readonly limits: Limits;
  readonly onRun?: (model: Card, run: Run) => void;
}

const isWide = (fields: Manifest['inputs']): boolean =>
  Object.values(fields).some((field) => field.kind === 'tensor' && /64$/.test(field.dtype) && /int/.test(field.dtype));

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
const measureRow = async (scorer: Scorer, row: unknown): Promise<number> => {
  const times: number[] = [];
  const until = performance.now() + warmBudgetMs;
  while (times.length < warmRuns && performance.now() < until) {
    const began = performance.now();
    await scorer.score([row]);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[times.length >> 1];
};

/** Opens what a reference means and makes it ready to answer. @throws MillraceError EXAMPLE_OFF, and what `source` throws */
export const loadModel = async (ref: string, { source, limits, onRun }: LoadOptions): Promise<Model> => {
  const began = performance.now();
  const before = process.memoryUsage.rss();
  const found = await source.open(ref);
  const scorer = await source.load(found);
  try {
    const { manifest, examples } = found;
    await checkGolden(scorer, examples);
    const rowMs = await measureRow(scorer, examples[0]?.input ?? sampleRow(manifest.inputs));
    const card: Card = {
      ref,
      name: manifest.name,
      version: manifest.version,
      digest: found.digest,
      manifest,
      tensors: tensorSignature(scorer),
      examples,
      wide: { inputs: isWide(manifest.inputs), outputs: isWide(manifest.outputs) },
      bytes: [...found.files.values()].reduce((sum, file) => sum + file.length, 0),
      memoryBytes: Math.max(0, process.memoryUsage.rss() - before),
      loadMs: performance.now() - began,
      rowMs,
    };
    const batcher = createBatcher({ scorer, limits, onRun: (run) => onRun?.(card, run) });
    return { ...card, scorer, batcher };
  } catch (error) {
    await scorer.close();
    throw error;
  }
};
