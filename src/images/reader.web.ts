/** Decodes images where a page or worker runs. */
import { decodeValue } from './decode-value.ts';
import type * as all from './reader.ts';

export const readImageValue: typeof all.readImageValue = decodeValue;
