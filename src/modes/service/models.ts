/** The models that a service holds, by name and version, each with its own queue. */
import { fail } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { Example, Scorer } from '../../core/types.ts';
import type { Package } from '../../package/layout.ts';
import { type Batcher, createBatcher, type Run } from './batcher.ts';
import type { Limits } from './limits.ts';
import { type TensorSignature, tensorSignature } from './oip/signature.ts';

/** Where packages come from; the service itself knows no registry and no disk. */
export interface ModelSource {
  /** The package that a reference means. @throws MillraceError */
  open(ref: string): Promise<Package>;
  /** Makes it ready to score. @throws MillraceError */
  load(found: Package): Promise<Scorer>;
}

export interface Model {
  readonly ref: string;
  readonly name: string;
  readonly version: string;
  readonly digest: string;
  readonly scorer: Scorer;
  readonly batcher: Batcher;
  readonly tensors: TensorSignature;
  readonly examples: readonly Example[];
  /** True when answers may hold integers past 2^53, out of 64-bit tensors. */
  readonly wide: boolean;
  readonly bytes: number;
  readonly loadMs: number;
}

export interface ModelTable {
  /** Every model there is, in the order in which they were asked for. */
  list(): readonly Model[];
  /** The version of that name, or the first of that name. @throws MillraceError UNKNOWN_MODEL, UNKNOWN_VERSION */
  get(name: string, version?: string): Model;
  /** Opens, and takes into the table. @throws MillraceError */
  load(ref: string): Promise<Model>;
  /** Finishes what runs, and closes all. */
  close(): Promise<void>;
}

export interface ModelTableOptions {
  readonly source: ModelSource;
  readonly limits: Limits;
  readonly onRun?: (model: Model, run: Run) => void;
}

export const createModels = ({ source, limits, onRun }: ModelTableOptions): ModelTable => {
  const byName = new Map<string, Model[]>();
  const list = (): readonly Model[] => [...byName.values()].flat();

  const get: ModelTable['get'] = (name, version) => {
    const versions = byName.get(name);
    if (versions === undefined) {
      const known = [...byName.keys()];
      const meant = nearest(name, known);
      throw fail('UNKNOWN_MODEL', `No model named ${name} is served here.${meant ? ` Did you mean ${meant}?` : ''}`, {
        expected: known.length === 0 ? 'a model that is loaded' : `one of ${known.join(', ')}`,
        got: name,
      });
    }
    const model = version === undefined ? versions[0] : versions.find((one) => one.version === version);
    if (model !== undefined) return model;
    const known = versions.map((one) => one.version).join(', ');
    throw fail('UNKNOWN_VERSION', `${name} is not served in version ${version}.`, {
      expected: `one of ${known}`,
      got: `${version}`,
    });
  };

  const load: ModelTable['load'] = async (ref) => {
    const began = performance.now();
    const found = await source.open(ref);
    const scorer = await source.load(found);
    const { name, version } = scorer.manifest;
    const batcher = createBatcher({ scorer, limits, onRun: (run) => onRun?.(model, run) });
    const model: Model = {
      ref,
      name,
      version,
      digest: scorer.digest,
      scorer,
      batcher,
      tensors: tensorSignature(scorer),
      examples: found.examples,
      wide: Object.values(scorer.manifest.outputs).some(
        (field) => field.kind === 'tensor' && (field.dtype === 'int64' || field.dtype === 'uint64'),
      ),
      bytes: [...found.files.values()].reduce((sum, file) => sum + file.length, 0),
      loadMs: performance.now() - began,
    };
    const others = (byName.get(name) ?? []).filter((one) => one.version !== version);
    byName.set(name, [...others, model]);
    return model;
  };

  return {
    list,
    get,
    load,
    async close() {
      for (const { batcher, scorer } of list()) {
        await batcher.idle();
        await scorer.close();
      }
      byName.clear();
    },
  };
};
