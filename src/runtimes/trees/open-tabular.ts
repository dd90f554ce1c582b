/** ONNX files on the own runtime, with all its operators at hand: for who packs, proves and exports, and not for browsers. */
import type { ModelSession } from '../../core/types.ts';
import { refuseOutside } from '../onnx-parts.ts';
import { openWith } from './open.ts';
import { everyOperator } from './operators/every.ts';
import type { Unusual } from './unusual.ts';

/** A session of the own runtime, or why the file is another runtime's. @throws BAD_MODEL for a file that is damaged */
export const openTabular = (file: Uint8Array): ModelSession | Unusual => {
  refuseOutside(file);
  return openWith(file, everyOperator);
};
