/** The classes that a classifier names. */
import type { NodeAttributes } from '../../onnx-attributes.ts';
import { unusual } from '../unusual.ts';

/** The labels of a classifier. @throws Unusual past 2^53 */
export const classesOf = (attributes: NodeAttributes, ints: string): readonly string[] | readonly bigint[] => {
  const texts = attributes.texts('classlabels_strings');
  if (texts.length > 0) return texts;
  const labels = attributes.ints(ints);
  if (!labels.every(Number.isSafeInteger)) throw unusual('labels past 2^53');
  return Array.from(labels, BigInt);
};
