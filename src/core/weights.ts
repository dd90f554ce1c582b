/** Weights of a model that lie in a file of their own, as they are too large to be in memory with it. */

/** Bytes of a file; without a path so many zeros. */
export interface FilePart {
  /** Absolute. */
  readonly path?: string;
  /** Bytes. */
  readonly offset: number;
  readonly length: number;
}

/** The parts one after the other are the bytes that the digest is of. */
export interface Weights {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly parts: readonly FilePart[];
}

/** What a package calls them, and its graph the place of its tensors. */
export const WEIGHTS_FILE = 'model.onnx.data';
