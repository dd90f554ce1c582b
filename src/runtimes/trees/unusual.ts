/** What the own runtime leaves to ONNX Runtime: nothing is wrong with the model, but nobody has held it against that here. */
export class Unusual extends Error {}

/** `reason` completes "the graph has …". */
export const unusual = (reason: string): Unusual => new Unusual(reason);
