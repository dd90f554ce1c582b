/** An ONNX file as any runtime may be given it. */
import { refuseOutside } from './onnx-parts.ts';
import { type OnnxGraph, readStructure } from './onnx-structure.ts';

/** Reads the structure of an ONNX file. @throws BAD_MODEL for anything else, and for weights that are neither in the file nor in `places`, wherever they stand in it */
export const readOnnx = (file: Uint8Array, places?: ReadonlySet<string>): OnnxGraph => {
  const graph = readStructure(file);
  refuseOutside(file, places);
  return graph;
};
