/** A model file of a library of boosted trees, read: what its package's signature is made of, and what answers, as data. */
import type { Ensemble } from '../ensemble.ts';
import type { makeAnswers, makeTrees } from '../make-trees.ts';
import type { GraphStep } from '../model.ts';
import type { ColumnTogether } from './catboost-together.ts';
import type { LinearLeaves, LinearSums } from './linear.ts';
import type { Linked } from './link.ts';

export type Category = string | number;

export interface Feature {
  readonly name: string;
  /** What its field takes. */
  readonly takes: 'number' | 'integer' | 'boolean' | 'category';
  /** Where the number 0 and a missing value are one: either it stands for what is missing, or it counts as missing. */
  readonly zero?: 'for missing' | 'is missing';
  /** Of a category: others than those are taken too, and stand for none of them. */
  readonly others?: 'allowed';
  /** Of a category that the file knows: the column holds their places here. */
  readonly categories?: readonly Category[];
  /** Of a category that the file does not know: why, and how to go on. */
  readonly unknownSince?: string;
}

/** Where a row's sums come from. */
export type SumSource =
  | { readonly of: 'trees'; readonly ensemble: Ensemble }
  | { readonly of: 'linear model'; readonly linear: LinearSums }
  /** Trees that have a target each, and as a leaf's weight its number among all. */
  | { readonly of: 'linear leaves'; readonly ensemble: Ensemble; readonly leaves: LinearLeaves };

/** What the runtime makes steps with: readers are loaded without it. */
export interface StepMakers {
  readonly makeTrees: typeof makeTrees;
  readonly makeAnswers: typeof makeAnswers;
}

/** What a file says. */
export interface TreeFileContent {
  /** As its makers write it. */
  readonly library: string;
  readonly objective: string;
  /** In the order of the columns. */
  readonly features: readonly Feature[];
  readonly input: 'float32' | 'float64';
  /** Columns behind those of the features, each made of several of them. */
  readonly together?: readonly ColumnTogether[];
  readonly sums: SumSource;
  /** The name of the answer: `prediction`, `probability`, `score`, `margin`. With a label, that is called `label`. */
  readonly output: string;
  readonly answer: Linked;
}

export interface TreeFile extends TreeFileContent {
  /** From the features to the outputs, by their names. */
  readonly steps: (makers: StepMakers, input: string, outputs: readonly string[]) => readonly GraphStep[];
}

/** The files of one library. */
export interface TreeFormat {
  /** As its makers write it. */
  readonly library: string;
  /** How names of its files mostly end: `.json`. */
  readonly endings: readonly string[];
  /** Whether bytes begin as the library's files do, whatever they are called. */
  readonly matches: (file: Uint8Array) => boolean;
  /** @throws BAD_MODEL for what is damaged, or is none of the library's models that are read */
  readonly read: (file: Uint8Array) => TreeFile;
}
