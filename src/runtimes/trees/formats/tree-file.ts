/** A model file of a library of boosted trees, read: what its package's signature is made of, and what answers. */
import type { GraphStep } from '../model.ts';
import type { TreeModel } from '../tree-model.ts';

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
}

export interface TreeFile {
  /** As its makers write it. */
  readonly library: string;
  readonly objective: string;
  /** In the order of the columns. */
  readonly features: readonly Feature[];
  readonly input: 'float32' | 'float64';
  /** Makes of the features the columns that trees ask for, where those are more. */
  readonly before?: Omit<GraphStep, 'inputs'>;
  /** The name of the answer: `prediction`, `probability`, `score`, `margin`. With a label, that is called `label`. */
  readonly output: string;
  readonly model: TreeModel;
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
