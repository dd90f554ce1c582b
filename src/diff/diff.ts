/** How two versions differ: signature, preparation, model, figures of training, golden examples, and answers to the same rows. */
import type { Example, Manifest } from '../core/types.ts';
import { exactJson } from '../text/exact-json.ts';
import type { AnswersDiff } from './answers.ts';
import { diffSignatures, type SignatureDiff } from './signatures.ts';

/** A version as it is compared: what its package holds. */
export interface DiffedVersion {
  readonly ref: string;
  readonly digest: string;
  readonly manifest: Manifest;
  readonly examples: readonly Example[];
  /** Digest of each file of the package. */
  readonly digests: ReadonlyMap<string, string>;
}

/** Something that both may have; undefined where one has it not. */
export interface Changed {
  readonly what: string;
  readonly before?: string;
  readonly now?: string;
}

export interface FigureChange {
  readonly metric: string;
  readonly before?: number;
  readonly now?: number;
}

export interface ExamplesDiff {
  readonly before: number;
  readonly now: number;
  /** Inputs that only the second has, only the first has, and that have another output. */
  readonly added: number;
  readonly removed: number;
  readonly changed: readonly { readonly input: unknown; readonly before: unknown; readonly now: unknown }[];
}

export interface Diff {
  readonly versions: readonly { readonly ref: string; readonly version: string; readonly digest: string }[];
  /** They are the same package, bit for bit. */
  readonly same: boolean;
  readonly signature: SignatureDiff;
  /** Steps in order, and the transform module. */
  readonly preparation: readonly Changed[];
  /** The model file, its runtime, and what is told of it. */
  readonly model: readonly Changed[];
  /** As `provenance.metrics` of model.yaml tells them; all that either has. */
  readonly metrics: readonly FigureChange[];
  readonly examples: ExamplesDiff;
  readonly answers?: AnswersDiff & { readonly on: string };
}

const MOST_EXAMPLES = 20;

const changed = (what: string, before: string | undefined, now: string | undefined): readonly Changed[] =>
  before === now ? [] : [{ what, ...(before !== undefined && { before }), ...(now !== undefined && { now }) }];

const stepsOf = ({ prepare = [] }: Manifest): readonly string[] => prepare.map((step) => exactJson(step));

/** Steps that only one has; the same ones in another order differ, too. */
const diffSteps = (before: Manifest, now: Manifest): readonly Changed[] => {
  const [own, other] = [stepsOf(before), stepsOf(now)];
  const gone = own.filter((step) => !other.includes(step)).flatMap((step) => changed('step', step, undefined));
  const added = other.filter((step) => !own.includes(step)).flatMap((step) => changed('step', undefined, step));
  if (gone.length + added.length > 0) return [...gone, ...added];
  return changed('order of steps', own.join(' '), other.join(' '));
};

const fileOf = ({ digests }: DiffedVersion, isMeant: (name: string) => boolean): string | undefined =>
  [...digests].filter(([name]) => isMeant(name)).map(([name, digest]) => `${name} ${digest}`)[0];

const diffModels = (before: DiffedVersion, now: DiffedVersion): readonly Changed[] => {
  const isModel = (name: string): boolean => name.startsWith('model.') && name !== 'model.json';
  const texts = (key: 'description' | 'license' | 'intendedUse' | 'limitations' | 'runtime') =>
    changed(key, before.manifest[key], now.manifest[key]);
  const told = (['commit', 'data', 'trainer', 'trained'] as const).flatMap((key) =>
    changed(key, before.manifest.provenance?.[key], now.manifest.provenance?.[key]),
  );
  const tolerance = ({ manifest }: DiffedVersion) => manifest.tolerance && exactJson(manifest.tolerance);
  return [
    ...changed('model file', fileOf(before, isModel), fileOf(now, isModel)),
    ...texts('runtime'),
    ...changed('tolerance', tolerance(before), tolerance(now)),
    ...told,
    ...(['description', 'license', 'intendedUse', 'limitations'] as const).flatMap(texts),
  ];
};

const diffMetrics = (before: Manifest, now: Manifest): readonly FigureChange[] => {
  const [own = {}, other = {}] = [before.provenance?.metrics, now.provenance?.metrics];
  const valueIn = (metrics: Readonly<Record<string, number>>, name: string) =>
    Object.hasOwn(metrics, name) ? metrics[name] : undefined;
  return [...new Set([...Object.keys(own), ...Object.keys(other)])].map((metric): FigureChange => {
    const [then, value] = [valueIn(own, metric), valueIn(other, metric)];
    return { metric, ...(then !== undefined && { before: then }), ...(value !== undefined && { now: value }) };
  });
};

const diffExamples = (before: readonly Example[], now: readonly Example[]): ExamplesDiff => {
  const byInput = (all: readonly Example[]) => new Map(all.map((one) => [exactJson(one.input), one]));
  const [own, other] = [byInput(before), byInput(now)];
  const both = [...own].flatMap(([key, one]) => {
    const found = other.get(key);
    if (found === undefined || exactJson(found.output) === exactJson(one.output)) return [];
    return [{ input: one.input, before: one.output, now: found.output }];
  });
  return {
    before: before.length,
    now: now.length,
    added: [...other.keys()].filter((key) => !own.has(key)).length,
    removed: [...own.keys()].filter((key) => !other.has(key)).length,
    changed: both.slice(0, MOST_EXAMPLES),
  };
};

/** @param answers to the same rows, and which rows these were; none unless given */
export const diffVersions = (before: DiffedVersion, now: DiffedVersion, answers?: Diff['answers']): Diff => {
  const isTransform = (name: string): boolean => name === 'transform.js';
  return {
    versions: [before, now].map(({ ref, manifest: { version }, digest }) => ({ ref, version, digest })),
    same: before.digest === now.digest,
    signature: diffSignatures(before.manifest, now.manifest),
    preparation: [
      ...diffSteps(before.manifest, now.manifest),
      ...changed('transform', fileOf(before, isTransform), fileOf(now, isTransform)),
    ],
    model: diffModels(before, now),
    metrics: diffMetrics(before.manifest, now.manifest),
    examples: diffExamples(before.examples, now.examples),
    ...(answers && { answers }),
  };
};
