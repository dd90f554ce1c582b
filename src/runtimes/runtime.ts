/** The port of model files: what opens one, and what packing and proving ask of one. A row of `index.ts` a format. */
import type { AnsweringRuntime, Manifest, ModelSession } from '../core/types.ts';
import type { Weights } from '../core/weights.ts';
import type { TreeFile, TreeFormat } from './trees/formats/tree-file.ts';

/** `weights` lie in a file of their own. @throws BAD_MODEL */
export type OpenModel = (file: Uint8Array, weights?: Weights) => Promise<ModelSession>;

/** The own runtime, which is in reach at once in a browser and loaded when it is needed in Node. */
export interface OwnRuntime {
  /** An ONNX graph, on ONNX Runtime where it has what is not of tabular models. @throws BAD_MODEL */
  openOnnx(file: Uint8Array, onnxRuntime: () => Promise<OpenModel>): Promise<ModelSession>;
  /** An ONNX graph, here and nowhere else. @throws BAD_MODEL */
  readonly openTrees: OpenModel;
  /** @throws BAD_MODEL */
  openTreeFile(file: TreeFile): Promise<ModelSession>;
}

/** What models run on. In this alone Node and a browser differ. */
export interface Engines {
  readonly own: () => Promise<OwnRuntime>;
  readonly onnxRuntime: () => Promise<OpenModel>;
}

/** What `runtime:` of model.yaml may say, and how messages call it. */
export const choices = { trees: 'The own runtime', onnx: 'ONNX Runtime' } as const;
export type Choice = keyof typeof choices;

/** Operators of a model that are its own. */
export interface OwnOperators {
  /** Operators that the graph defines itself, out of others. */
  readonly functions: readonly string[];
  /** Operators that are neither of a standard nor of the graph itself, such as com.microsoft.Tokenizer. */
  readonly custom: readonly string[];
}

/** Bytes of a model that lie in a file beside it. */
export interface Beside {
  /** As the model calls it: a path from where the model lies. */
  readonly file: string;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
  /** What they are, for messages. */
  readonly of: string;
}
export type ModelPiece = Uint8Array | Beside;

/** A model as two files. */
export interface SplitModel {
  readonly graph: readonly ModelPiece[];
  /** A number is so many zeros. */
  readonly weights: readonly (Beside | number)[];
}

export interface DraftNames {
  /** Of the package. */
  readonly name: string;
  /** Of the model's file. */
  readonly model: string;
}

/** What is asked of a model file without running it, when it is packed, put to work or looked at. */
export interface ModelFormat {
  /** What such files are called in messages: "an .onnx file". */
  readonly reads: string;
  /** How their names mostly end: `.onnx`. */
  readonly endings: readonly string[];
  /** Whether bytes begin as such files do, whatever they are called; absent where the name alone says so. */
  readonly matches?: (file: Uint8Array) => boolean;
  /** What `runtime:` of model.yaml may say for this row to answer; undefined is nothing. */
  readonly answersTo: readonly (Choice | undefined)[];
  /** The pieces of the model as one file, where some of it lies in files beside it; undefined where nothing does. @throws BAD_MODEL */
  readonly gather?: (file: Uint8Array) => readonly ModelPiece[] | undefined;
  /** The same as two files, the weights apart from the graph: for more than one file can hold. @throws BAD_MODEL */
  readonly split?: (file: Uint8Array) => SplitModel;
  /** Which runtime answers. @throws BAD_MODEL */
  answering(file: Uint8Array): AnsweringRuntime;
  /** Why it is not known to be safe, in words that go on after "because"; undefined when it is. @throws BAD_MODEL, BAD_MANIFEST */
  risk(file: Uint8Array, manifest: Manifest): string | undefined;
  /** @throws BAD_MODEL for a model that may answer the same row in two ways */
  refuseChance(file: Uint8Array): void;
  /** @throws BAD_MODEL */
  operators(file: Uint8Array): OwnOperators;
  /** The text of a first model.yaml. @throws BAD_MODEL */
  draft(file: Uint8Array, names: DraftNames): string;
}

/** What is asked of files, by what they have in common. Not there in a browser, which asks nothing. */
export interface FormatFamilies {
  /** Of ONNX graphs, where model.yaml says so. */
  graph(choice: Choice | undefined): Promise<ModelFormat>;
  /** Of the files of a library of trees. */
  trees(load: () => Promise<TreeFormat>): Promise<ModelFormat>;
}

/** A format of model files. */
export interface Runtime {
  /** The model's name within a package. */
  readonly file: string;
  format(families: FormatFamilies): Promise<ModelFormat>;
  /** `weights` where they lie in a file of their own. @throws BAD_MODEL */
  open(file: Uint8Array, engines: Engines, weights?: Weights): Promise<ModelSession>;
}

/** Why ONNX Runtime answers for a model of whatever operators, in words that go on after "because". */
export const WEIGHTS_APART = 'its weights lie in a file of their own';
